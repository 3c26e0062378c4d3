; rule: unreachable-code
; at: f 3
; message: expected a label, found code that control cannot come to
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f(e: ref Exception) {
  local.get e
  throw
  return
}
