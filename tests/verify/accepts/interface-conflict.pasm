interface Shape {
  method area (ref Shape) -> f64
}
interface Field {
  method area (ref Field) -> f64
}
interface Both extends Shape, Field
class Circle implements Both {
  method area (ref Circle) -> f64 = area
}
func area(self: ref Circle) -> f64 {
  f64.const 1
  return
}
func f(circle: ref Both) -> f64 {
  local.get circle
  call.interface Both.area
  return
}
