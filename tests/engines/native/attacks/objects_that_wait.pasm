; Objects that wait as operands while others of the same place are made.
class V {
  field x: i64
  field y: i64
}
func mk (x: i64) -> ref V {
    local.get x
    local.get x
    i64.const 3
    i64.mul
    object.new V
    return
}
func addv (a: ref V, b: ref V) -> ref V {
    local.get a
    field.get V.x
    local.get b
    field.get V.y
    i64.add
    local.get a
    field.get V.y
    local.get b
    field.get V.x
    i64.sub
    object.new V
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    call mk
    local.get i
    i64.const 1
    i64.add
    call mk
    local.get i
    i64.const 2
    i64.add
    call mk
    call addv
    call addv
    ref.dup
    field.get V.x
    field.get V.y
    i64.xor
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
