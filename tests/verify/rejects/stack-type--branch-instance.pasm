; rule: stack-type
; at: f 6
; message: expected ref Circle, found ref Shape
; on the way that is no instance the type stays what it was
class Shape
class Circle extends Shape
func f(shape: ref Shape) -> ref Circle {
  local.get shape
  branch.instance @is ref Circle
  return
@is [| ref Circle] locals 1
  return
}
