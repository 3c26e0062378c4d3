; rule: not-defaultable
; at: f 0
; message: expected every field of Line to have a default, found start: ref Point
class Point
class Line {
  field start: ref Point
}
func f() -> ref Line {
  object.new_default Line
  return
}
