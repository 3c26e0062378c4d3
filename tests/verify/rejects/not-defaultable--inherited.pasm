; rule: not-defaultable
; at: f 0
; message: expected every field of Arrow to have a default, found start: ref Point
class Point
class Line {
  field start: ref Point
}
class Arrow extends Line
func f() -> ref Line {
  object.new_default Arrow
  return
}
