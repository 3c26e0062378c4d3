; rule: throwable
; at: f 2
; message: expected a throwable class in the module, found none
func f(value: ref any) {
  local.get value
  throw
}
