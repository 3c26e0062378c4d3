; rule: null-operand
; at: f 1
; message: expected ref string, found ref? none
func f() -> i64 {
  ref.null
  string.size
  return
}
