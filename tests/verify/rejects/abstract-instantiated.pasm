; rule: abstract-instantiated
; at: f 0
; message: expected a class that can be instantiated, found abstract class Shape
abstract class Shape
func f() -> ref Shape {
  object.new Shape
  return
}
