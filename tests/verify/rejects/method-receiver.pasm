; rule: method-receiver
; message: class Shape, method area: expected receiver ref Shape, found ref? Shape
abstract class Shape {
  method area (ref? Shape) -> f64
}
