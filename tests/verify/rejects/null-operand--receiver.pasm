; rule: null-operand
; at: f 2
; message: expected ref Shape, found ref? Shape
abstract class Shape {
  method area (ref Shape) -> f64
}
func f(shape: ref? Shape) -> f64 {
  local.get shape
  call.virtual Shape.area
  return
}
