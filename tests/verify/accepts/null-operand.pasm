class Point {
  field x: i64
}
func asserted(point: ref? Point) -> i64 {
  local.get point
  ref.as_non_null
  field.get Point.x
  return
}
func tested(point: ref? Point) -> i64 {
  local.get point
  branch.null @none
  field.get Point.x
  return
@none locals 1
  local.get point
  branch.non_null @some
  i64.const 0
  return
@some [| ref Point] locals 1
  field.get Point.x
  return
}
func never(point: ref? Point) -> i64 {
  ref.null
  ref.as_non_null
  field.get Point.x
  return
}
