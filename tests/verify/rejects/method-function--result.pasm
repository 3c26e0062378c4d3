; rule: method-function
; message: class Shape, method area: expected (ref Shape) -> f64, found (ref Shape) -> i64
class Shape {
  method area (ref Shape) -> f64 = area
}
func area(self: ref Shape) -> i64 {
  i64.const 1
  return
}
