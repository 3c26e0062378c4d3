; Deep recursion that gets references and gives them.
class L {
  field n: i64
  field t: ref? L
}
func up (n: i64, acc: ref? L) -> ref? L {
  .local mine: ref L
    local.get n
    local.get acc
    object.new L
    local.set mine
    local.get n
    i64.eqz
    branch.if @z
    local.get n
    i64.const 1
    i64.sub
    local.get mine
    call up
    local.set acc
    local.get mine
    local.get acc
    field.set L.t
@n:
    local.get mine
    return
@z:
    local.get mine
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local p: ref L
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    i64.const 7
    i64.mul
    ref.null
    call up
    ref.as_non_null
    local.tee p
    field.get L.n
    local.get p
    field.get L.t
    ref.is_null
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
