; rule: handler-target
; at: f 0
; message: label 0: expected ref Exception alone on the stacks, found ref? Exception
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() {
.try all @caught
  nop
.end all
  return
@caught [| ref? Exception] locals 0
  ref.drop
  return
}
