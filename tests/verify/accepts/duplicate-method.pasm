abstract class Shape {
  method area (ref Shape)
  method name (ref Shape)
}
