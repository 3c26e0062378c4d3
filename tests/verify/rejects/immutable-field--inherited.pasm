; rule: immutable-field
; at: f 4
; message: expected a mutable field, found Pixel.x
class Point {
  const x: i64
}
class Pixel extends Point {
  field y: i64
}
func f(point: ref Pixel) {
  local.get point
  i64.const 1
  field.set Pixel.x
  return
}
