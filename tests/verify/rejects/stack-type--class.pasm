; rule: stack-type
; at: f 2
; message: expected ref Point, found ref Line
class Point
class Line
func f(line: ref Line) -> ref Point {
  local.get line
  return
}
