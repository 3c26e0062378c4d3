; rule: override-signature
; message: class Round, method area: expected (ref Shape) -> f64, found (ref Round) -> f64
interface Shape {
  method area (ref Shape) -> f64
}
interface Round extends Shape {
  method area (ref Round) -> f64
}
