interface Shape {
  method area (ref Shape) -> f64
  method name (ref Shape) -> ref string = name
}
abstract class Round implements Shape
class Base extends Round {
  method area (ref Base) -> f64 = area
}
class Circle extends Base implements Shape
func area(self: ref Base) -> f64 {
  f64.const 1
  return
}
func name(self: ref Shape) -> ref string {
  string.const "shape"
  return
}
