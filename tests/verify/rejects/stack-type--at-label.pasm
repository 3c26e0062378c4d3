; rule: stack-type
; at: f 2
; message: label 0: expected ref Circle, found ref Shape
class Shape
class Circle extends Shape
func f(shape: ref Shape) -> ref Circle {
  local.get shape
  jump @end
@end [| ref Circle] locals 1
  return
}
