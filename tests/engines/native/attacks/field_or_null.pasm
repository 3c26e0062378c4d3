; What a field holds is tested for null, and used where it is none: not what its slot held before, a text.
class K {
  const n: i64
  const in: ref? K
}
export f as (i64) -> i64
func text () -> ref string {
    string.const "AAAAAAAA"
    return
}
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local k: ref K
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    local.get i
    i64.const 1000
    i64.mul
    ref.null
    object.new K
    object.new K
    local.set k
    call text
    string.size
    local.get s
    i64.add
    local.set s
    local.get k
    field.get K.in
    branch.null @none
    field.get K.n
    jump @sum
@none:
    i64.const 5
@sum [i64]:
    local.get s
    i64.const 31
    i64.mul
    i64.add
    local.set s
    local.get k
    field.get K.in
    branch.null @next
    local.set k
    local.get k
    field.get K.in
    branch.null @next
    ref.drop
    i64.const 1
    local.set s
@next:
    local.get k
    field.get K.n
    local.get s
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
