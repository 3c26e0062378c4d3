; rule: abstract-method
; message: class Circle: expected a function for method area, found none
abstract class Shape {
  method area (ref Shape) -> f64
}
class Circle extends Shape
