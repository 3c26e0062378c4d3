; rule: unreachable-code
; at: f 1
; message: expected a label, found code that control cannot come to
func f() {
  return
  nop
  return
}
