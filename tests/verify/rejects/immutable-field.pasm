; rule: immutable-field
; at: f 4
; message: expected a mutable field, found Point.x
class Point {
  const x: i64
}
func f(point: ref Point) {
  local.get point
  i64.const 1
  field.set Point.x
  return
}
