; rule: interface-implemented
; message: class Circle: expected method area of interface Shape, found none
; an abstract class may leave it out, but not those below it
interface Shape {
  method area (ref Shape) -> f64
}
abstract class Round implements Shape
class Circle extends Round
