abstract class Shape extends Object

final class Circle extends Shape {
  const radius: f64
  method Object.toString (ref Object) -> ref string = Circle.toString
}

abstract class Square extends Shape {
  const side: f64
}

func main() -> i64 {
  .line matching.peb 32:13
    i64.const 2
    call name
  .line 32:5
    call println
  .line 33:13
    i64.const 7
    call sparse
    object.new Box<Int>
  .line 33:5
    call println
  .line 34:13
    f64.const 2.0
    object.new Circle
    call Shape.area
    object.new Box<Float>
  .line 34:5
    call println
    i64.const 0
    return
}

func Shape.area(this: ref Shape) -> f64 {
  .local ref Circle
  .local r: f64
  .local ref Square
    local.get this
    branch.instance @L0 ref Circle
    ref.drop
    jump @L1
@L0 [| ref Circle]:
    local.set #1
  .line matching.peb 9:9
    local.get #1
    field.get Circle.radius
    local.set r
  .line 9:22
    f64.const 3.0
    local.get r
    f64.mul
    local.get r
    f64.mul
    jump @L4
@L1:
    local.get this
    branch.instance @L2 ref Square
    ref.drop
    jump @L3
@L2 [| ref Square]:
    local.set #3
  .line 10:9
    local.get #3
    field.get Square.side
    local.set r
  .line 10:22
    local.get r
    local.get r
    f64.mul
    jump @L4
@L3:
    f64.const 0.0
@L4 [f64]:
    return
}

func Circle.toString(this: ref Circle) -> ref string {
    string.const "Circle(radius: "
    local.get this
    field.get Circle.radius
  .line matching.peb 4:5
    call.runtime string.from_f64
    string.const ")"
    call.runtime string.concat3
    return
}
