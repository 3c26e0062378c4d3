; An object of this round or the one that a global has.
class P {
  field a: i64
  field b: ref? any
  field c: i8
  field d: u16
  field e: f32
  field g: f64
}
global kept: ref? P
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local p: ref P
  .local t: ref P
    i64.const 0
    local.set i
    i64.const 7
    local.set s
    local.get i
    ref.null
    i32.const 0x1ff
    local.get i
    i32.wrap_i64
    i32.const 0x12345
    i32.mul
    local.get i
    f32.convert_i64_s
    local.get i
    f64.convert_i64_s
    object.new P
    global.set kept
@loop:
    local.get i
    ref.null
    i32.const 0x1ff
    local.get i
    i32.wrap_i64
    i32.const 0x12345
    i32.mul
    local.get i
    f32.convert_i64_s
    local.get i
    f64.convert_i64_s
    object.new P
    local.set p
    local.get p
    global.get kept
    local.get i
    i64.const 5
    i64.rem_s
    i64.eqz
    ref.select ref? P
    ref.as_non_null
    local.tee t
    field.get P.a
    local.get t
    local.get p
    ref.eq
    i64.extend_i32_s
    i64.add
    local.get s
    i64.const 31
    i64.mul
    i64.add
    local.set s
    local.get i
    i64.const 1
    i64.add
    local.tee i
    local.get n
    i64.lt_s
    branch.if @loop
    local.get s
    return
}
