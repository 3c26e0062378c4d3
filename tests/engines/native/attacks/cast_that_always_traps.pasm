; A cast of an object of a known class that always fails, and a call of a method behind it.
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
class Shape {
  field k: i64
  method area (ref Shape, i64) -> i64 = Shape.area
}
class A extends Shape {
  method area (ref Shape, i64) -> i64 = A.area
}
class B extends A {
  field z: i64
  method area (ref Shape, i64) -> i64 = B.area
}
class C extends Shape {
  method area (ref Shape, i64) -> i64 = C.area
}
func Shape.area (s: ref Shape, n: i64) -> i64 {
    local.get n
    i64.const 1
    i64.add
    return
}
func A.area (s: ref Shape, n: i64) -> i64 {
    local.get n
    i64.const 0
    i64.le_s
    branch.if @e
    i64.const 5
    i64.const 77
    object.new B
    local.get n
    i64.const 1
    i64.sub
    call.virtual Shape.area
    local.get s
    field.get Shape.k
    i64.add
    return
@e:
    i64.const 2
    return
}
func B.area (s: ref Shape, n: i64) -> i64 {
    local.get s
    ref.cast ref B
    field.get B.z
    i64.const 9
    object.new C
    local.get n
    call.virtual Shape.area
    i64.add
    return
}
func C.area (s: ref Shape, n: i64) -> i64 {
    local.get s
    ref.instance ref A
    i64.extend_i32_s
    i64.const 9
    object.new A
    local.get n
    i64.const 1
    i64.sub
    local.tee n
    call.virtual Shape.area
    i64.add
    return
}
export f as (i64) -> i64
func g (s: ref Shape, n: i64) -> i64 {
    local.get s
    ref.cast ref C
    local.get n
    call.virtual Shape.area
    local.get s
    ref.cast ref B
    field.get B.z
    i64.add
    return
}
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
    i64.const 0
    local.set i
    i64.const 0
    local.set s
@l:
    .try t @c
    local.get i
    object.new A
    local.get i
    call g
    local.get s
    i64.add
    local.set s
    .end t
    jump @n
@c:
    ref.drop
    .try t2 @c2
    local.get i
    object.new C
    i64.const 2
    call g
    local.get s
    i64.add
    local.set s
    .end t2
    jump @n
@c2:
    ref.drop
    local.get s
    i64.const 13
    i64.mul
    i64.const 1
    i64.add
    local.set s
@n:
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
