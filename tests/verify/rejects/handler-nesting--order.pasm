; rule: handler-nesting
; at: f 0
; message: handler 1: expected it before handler 0, whose range is around its own
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() {
.try outer @caught
  nop
.try inner @caught
  nop
.end inner
.end outer
.handlers outer inner
  return
@caught [| ref Exception] locals 0
  ref.drop
  return
}
