; rule: stack-type
; at: f 2
; message: expected ref Exception, found ref string
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f(text: ref string) {
  local.get text
  throw
}
