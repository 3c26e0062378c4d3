; rule: interface-conflict
; message: class Circle, method area: expected (ref Shape) -> f64, found (ref Field) -> i64
interface Shape {
  method area (ref Shape) -> f64
}
interface Field {
  method area (ref Field) -> i64
}
abstract class Base implements Shape
abstract class Circle extends Base implements Field
