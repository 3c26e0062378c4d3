; An exception leaves an inlined function; the handler reads an object that nobody has made yet.
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
class P {
  field a: i64
  field b: ref? any
  field c: i8
}
func thrower (n: i64, p: ref P) -> i64 {
  .local e: ref Other
    local.get n
    i64.const 7
    i64.and
    i64.const 3
    i64.eq
    branch.unless @ok
    ref.null
    ref.null
    local.get n
    object.new Other
    throw
@ok:
    local.get p
    field.get P.a
    return
}
func f (n: i64, m: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local p: ref P
  .local q: ref? P
    i64.const 0
    local.set i
    i64.const 0
    local.set s
    ref.null
    local.set q
@l:
    local.get i
    ref.null
    i32.const 300
    object.new P
    local.set p
    .try t @c catch Other
    local.get p
    local.get p
    field.get P.a
    i64.const 1
    i64.add
    field.set P.a
    local.get i
    local.get p
    call thrower
    local.get s
    i64.add
    local.set s
    .end t
    jump @n
@c:
    field.get Other.n
    local.get p
    field.get P.a
    i64.mul
    local.get p
    field.get P.c
    i64.extend_i32_s
    i64.add
    local.get s
    i64.add
    local.set s
    local.get p
    local.set q
@n:
    local.get i
    i64.const 1
    i64.add
    local.tee i
    local.get n
    i64.lt_s
    branch.if @l
    local.get q
    ref.is_null
    branch.if @z
    local.get q
    ref.as_non_null
    field.get P.a
    local.get s
    i64.add
    return
@z:
    local.get s
    return
}
