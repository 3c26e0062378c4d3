; Objects as operands: exchanged, twice, dropped.
class V {
  field x: i64
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
    object.new V
    local.get s
    object.new V
    ref.swap
    ref.dup
    local.get i
    i64.const 5
    i64.rem_s
    i64.eqz
    branch.if @w
    field.get V.x
    field.set V.x
    field.get V.x
    jump @j
@w [| ref V, ref V, ref V]:
    ref.drop
    ref.swap
    ref.dup
    field.get V.x
    i64.const 9
    i64.add
    ref.swap
    field.get V.x
    i64.add
    ref.drop
@j [i64]:
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
