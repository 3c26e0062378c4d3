class Point {
  const x: i64
  field y: i64
}
func f(point: ref Point) {
  local.get point
  local.get point
  field.get Point.x
  field.set Point.y
  return
}
