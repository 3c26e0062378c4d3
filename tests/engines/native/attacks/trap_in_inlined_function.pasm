; A trap two inlined functions deep; the handler reads what changed before it.
class Error {
  field message: ref? string
  field trace: ref? array i32
}
class Other extends Error {
  field n: i64
}
throwable Error
trap index-out-of-bounds = Error
trap divide-by-zero = Error
trap stack-overflow = Error
trap bad-cast = Error
trap null-reference = Error
trap integer-overflow = Error
export f as (i64, i64) -> i64
func div (a: i64, b: i64) -> i64 {
    local.get a
    local.get b
    i64.div_s
    return
}
func mid (a: i64, b: i64) -> i64 {
  .local x: i64
  .local y: ref array i64
    i64.const 11
    local.set x
    i64.const 3
    array.new i64
    local.set y
    .try t @c
    local.get a
    local.get x
    i64.const 5
    i64.add
    local.set x
    local.get b
    call div
    local.get x
    i64.add
    local.set x
    .end t
    local.get x
    return
@c:
    ref.drop
    local.get y
    i64.const 1
    local.get x
    array.set i64
    local.get y
    i64.const 1
    array.get i64
    i64.const 1000
    i64.add
    return
}
func f (n: i64, m: i64) -> i64 {
  .local s: i64
  .local i: i64
    i64.const 0
    local.set s
    i64.const 0
    local.set i
@l:
    local.get s
    local.get i
    local.get i
    i64.const 3
    i64.rem_s
    local.get m
    i64.sub
    call mid
    i64.add
    local.set s
    local.get i
    i64.const 1
    i64.add
    local.tee i
    local.get n
    i64.lt_s
    branch.if @l
    local.get s
    return
}
