; rule: stack-underflow
; at: f 0
; message: expected i64 on the primitive stack, found nothing
func f() -> i64 {
  return
}
