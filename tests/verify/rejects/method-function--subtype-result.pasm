; rule: method-function
; message: class Shape, method same: expected (ref Shape) -> ref Shape, found (ref Shape) -> ref Circle
; other parameters and results are equal, not below or above
class Shape {
  method same (ref Shape) -> ref Shape = same
}
class Circle extends Shape
func same(self: ref Shape) -> ref Circle {
  unreachable
}
