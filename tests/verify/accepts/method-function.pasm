; the function may take what is above the class, or null
interface Any
class Shape implements Any {
  method area (ref Shape) -> f64 = of_shape
  method other (ref Shape) -> f64 = of_anything
}
class Circle extends Shape {
  method area (ref Shape) -> f64 = of_circle
  method other (ref Shape) -> f64 = of_interface
}
func of_shape(self: ref Shape) -> f64 {
  f64.const 1
  return
}
func of_anything(self: ref? any) -> f64 {
  f64.const 1
  return
}
func of_circle(self: ref? Circle) -> f64 {
  f64.const 1
  return
}
func of_interface(self: ref Any) -> f64 {
  f64.const 1
  return
}
