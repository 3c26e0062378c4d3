; rule: handler-target
; at: f 0
; message: label 0: expected ref Exception alone on the stacks, found ref Failure
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class Failure extends Exception
func f() {
.try all @caught
  nop
.end all
  return
@caught [| ref Failure] locals 0
  ref.drop
  return
}
