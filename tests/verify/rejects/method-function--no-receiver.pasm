; rule: method-function
; message: class Shape, method area: expected (ref Shape), found ()
class Shape {
  method area (ref Shape) = area
}
func area() {
  return
}
