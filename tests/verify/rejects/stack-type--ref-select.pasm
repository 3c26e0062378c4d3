; rule: stack-type
; at: f 6
; message: expected ref Circle, found ref Shape
class Shape
class Circle extends Shape
func f(shape: ref Shape, circle: ref Circle, c: i32) -> ref Circle {
  local.get circle
  local.get shape
  local.get c
  ref.select ref Circle
  return
}
