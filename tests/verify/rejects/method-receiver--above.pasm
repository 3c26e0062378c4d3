; rule: method-receiver
; message: class Circle, method area: expected receiver ref Circle, found ref Shape
class Shape
abstract class Circle extends Shape {
  method area (ref Shape) -> f64
}
