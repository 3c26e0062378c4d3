; Methods of classes that are known at the call, in a circle.
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
func f (n: i64) -> i64 {
    i64.const 3
    object.new A
    local.get n
    call.virtual Shape.area
    i64.const 3
    i64.const 4
    object.new B
    local.get n
    call.virtual Shape.area
    i64.add
    return
}
