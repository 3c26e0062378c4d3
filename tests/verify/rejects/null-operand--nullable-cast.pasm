; rule: null-operand
; at: f 5
; message: expected ref Point, found ref? Point
class Point
func f(value: ref any) -> ref Point {
  local.get value
  ref.cast ref? Point
  return
}
