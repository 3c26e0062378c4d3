interface Shape {
  method area (ref Shape) -> f64 = area
}
func area(self: ref Shape) -> f64 {
  f64.const 1
  return
}
