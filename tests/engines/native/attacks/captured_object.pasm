; A function value that captured an object, called, kept and changed.
class P {
  field a: i64
  field b: ref? any
  field c: i8
  field d: u16
  field e: f32
  field g: f64
}
global fn: ref? func (i64) -> i64
func add (p: ref P, n: i64) -> i64 {
    local.get p
    local.get p
    field.get P.a
    local.get n
    i64.add
    field.set P.a
    local.get p
    field.get P.a
    return
}
func plain (n: i64) -> i64 {
    local.get n
    i64.const 3
    i64.mul
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local p: ref P
  .local c: ref func (i64) -> i64
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
    local.tee p
    closure.new add
    local.set c
    local.get i
    i64.const 7
    i64.rem_s
    i64.eqz
    branch.unless @k
    local.get c
    global.set fn
    func.ref plain
    local.set c
@k:
    local.get i
    local.get c
    call.ref (i64) -> i64
    local.get i
    global.get fn
    ref.as_non_null
    call.ref (i64) -> i64
    i64.add
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
