abstract class Shape
class Circle extends Shape {
  field radius: f64
}
func f() -> ref Shape {
  f64.const 1
  object.new Circle
  return
}
