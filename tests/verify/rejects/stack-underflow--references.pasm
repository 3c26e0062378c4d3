; rule: stack-underflow
; at: f 0
; message: expected a reference on the reference stack, found nothing
func f() {
  ref.drop
  return
}
