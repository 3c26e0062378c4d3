; rule: method-receiver
; message: class Shape, method area: expected receiver ref Shape, found no parameters
abstract class Shape {
  method area () -> f64
}
