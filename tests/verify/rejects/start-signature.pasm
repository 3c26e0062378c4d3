; rule: start-signature
; message: expected a start function of signature (), found () -> i64
start f
func f() -> i64 {
  i64.const 1
  return
}
