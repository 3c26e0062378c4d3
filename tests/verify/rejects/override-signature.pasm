; rule: override-signature
; message: class Circle, method area: expected (ref Shape) -> f64, found (ref Circle) -> f64
abstract class Shape {
  method area (ref Shape) -> f64
}
abstract class Circle extends Shape {
  method area (ref Circle) -> f64
}
