; rule: method-function
; message: class Shape, method area: expected (ref Shape) -> f64, found (ref Circle) -> f64
class Shape {
  method area (ref Shape) -> f64 = area
}
class Circle extends Shape
func area(self: ref Circle) -> f64 {
  f64.const 1
  return
}
