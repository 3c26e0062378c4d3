; rule: handler-target
; at: f 4
; message: expected a label at or after 5, found label 0 at 2
; so that every cycle has a backward branch, where engines look whether to stop
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() {
  jump @body
@caught [| ref Exception] locals 0
  ref.drop
  return
@body locals 0
.try all @caught
  nop
.end all
  return
}
