class Point
class Line {
  field start: ref? Point
  field width: u8
}
func f() -> ref Line {
  object.new_default Line
  return
}
