; A handler around a call, but not around what stores its result into a local that the handler reads.
class Error {
  field message: ref? string
  field trace: ref? array i32
}
throwable Error
trap index-out-of-bounds = Error
trap divide-by-zero = Error
trap stack-overflow = Error
trap bad-cast = Error
trap null-reference = Error
trap integer-overflow = Error
func bad (n: i64) -> i64 {
    i64.const 100
    local.get n
    i64.const 3
    i64.rem_s
    i64.div_s
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local k: i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    local.set k
  .try t @c
    local.get k
    call bad
  .end t
    local.set k
    jump @d
@c:
    ref.drop
    local.get k
    i64.const 1000
    i64.add
    local.set k
@d:
    local.get k
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
