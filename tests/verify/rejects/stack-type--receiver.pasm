; rule: stack-type
; at: f 2
; message: expected ref Circle, found ref Shape
class Shape {
  method area (ref Shape) -> f64 = area
}
class Circle extends Shape
func area(self: ref Shape) -> f64 {
  f64.const 0
  return
}
func f(shape: ref Shape) -> f64 {
  local.get shape
  call.virtual Circle.area
  return
}
