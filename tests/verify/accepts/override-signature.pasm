abstract class Shape {
  method area (ref Shape) -> f64
}
class Circle extends Shape {
  method area (ref Shape) -> f64 = area
}
abstract class Unknown extends Circle {
  method area (ref Shape) -> f64
}
func area(self: ref Circle) -> f64 {
  f64.const 1
  return
}
