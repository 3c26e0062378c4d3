; rule: interface-implemented
; message: class Circle, method area of interface Shape: expected (ref Shape) -> f64, found (ref Circle) -> i64
interface Shape {
  method area (ref Shape) -> f64
}
class Circle implements Shape {
  method area (ref Circle) -> i64 = area
}
func area(self: ref Circle) -> i64 {
  i64.const 1
  return
}
