class Point {
  field x: i64
}
func f(point: ref Point) -> i64 {
  local.get point
  field.get Point.x
  return
}
