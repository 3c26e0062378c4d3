; An object that a global keeps sometimes, and is changed by both names.
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
    i64.const 0
    local.set i
    i64.const 7
    local.set s
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
    local.get i
    i64.const 3
    i64.and
    i64.eqz
    branch.unless @k
    local.get p
    global.set kept
    local.get p
    local.get i
    i64.const 100
    i64.mul
    field.set P.a
    global.get kept
    ref.as_non_null
    global.get kept
    ref.as_non_null
    field.get P.a
    i64.const 1
    i64.add
    field.set P.a
@k:
    local.get p
    field.get P.a
    local.get p
    field.get P.c
    i64.extend_i32_s
    i64.add
    local.get p
    field.get P.d
    i64.extend_i32_s
    i64.add
    local.get p
    field.get P.e
    i64.trunc_sat_f32_s
    i64.add
    local.get p
    field.get P.g
    i64.trunc_sat_f64_s
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
