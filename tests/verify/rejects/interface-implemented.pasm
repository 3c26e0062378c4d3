; rule: interface-implemented
; message: class Circle: expected method area of interface Shape, found none
interface Shape {
  method area (ref Shape) -> f64
}
class Circle implements Shape
