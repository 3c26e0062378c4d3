abstract class Shape {
  method area (ref Shape) -> f64
}
