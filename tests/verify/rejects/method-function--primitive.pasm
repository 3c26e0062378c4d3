; rule: method-function
; message: class Shape, method area: expected (ref Shape), found (i64)
class Shape {
  method area (ref Shape) = area
}
func area(self: i64) {
  return
}
