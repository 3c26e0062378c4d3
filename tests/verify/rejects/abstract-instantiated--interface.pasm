; rule: abstract-instantiated
; at: f 0
; message: expected a class that can be instantiated, found interface Shape
interface Shape
func f() -> ref Shape {
  object.new_default Shape
  return
}
