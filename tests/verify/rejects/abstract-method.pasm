; rule: abstract-method
; message: class Shape: expected a function for method area, found none
class Shape {
  method area (ref Shape) -> f64
}
