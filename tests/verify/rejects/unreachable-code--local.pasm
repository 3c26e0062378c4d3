; rule: unreachable-code
; at: f 2
; message: expected a label, found code that control cannot come to
func f() {
  .local x: i64
  jump @end
  local.get x
@end locals 0
  return
}
