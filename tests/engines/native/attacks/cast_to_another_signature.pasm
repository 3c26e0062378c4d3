; A function value as another one: with what it captures, and without.
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
func g (x: ref any, n: i64) -> i64 {
    local.get n
    local.get x
    ref.is_null
    i64.extend_i32_s
    i64.add
    return
}
func t (c: ref any) -> i64 {
  .try t @c
    i64.const 5
    local.get c
    ref.cast ref func (i64) -> i64
    call.ref (i64) -> i64
  .end t
    return
@c:
    ref.drop
  .try u @d
    local.get c
    i64.const 6
    local.get c
    ref.cast ref func (ref any, i64) -> i64
    call.ref (ref any, i64) -> i64
  .end u
    return
@d:
    ref.drop
    i64.const -1
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
    func.ref g
    call t
    func.ref g
    closure.new g
    call t
    i64.add
    string.const "abc"
    call t
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
