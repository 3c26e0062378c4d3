; rule: interface-implemented
; message: class Disc, method area of interface Shape: expected (ref Shape) -> f64, found (ref Circle) -> i64
interface Shape {
  method area (ref Shape) -> f64
}
class Circle {
  method area (ref Circle) -> i64 = area
}
class Disc extends Circle implements Shape
func area(self: ref Circle) -> i64 {
  i64.const 1
  return
}
