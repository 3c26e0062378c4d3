; rule: handler-nesting
; at: f 0
; message: handler 1: expected a range inside or outside that of handler 0, found one that overlaps it
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() {
.try first @caught
  nop
.try second @caught
  nop
.end first
  nop
.end second
  return
@caught [| ref Exception] locals 0
  ref.drop
  return
}
