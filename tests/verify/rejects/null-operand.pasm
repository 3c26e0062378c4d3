; rule: null-operand
; at: f 2
; message: expected ref Point, found ref? Point
class Point {
  field x: i64
}
func f(point: ref? Point) -> i64 {
  local.get point
  field.get Point.x
  return
}
