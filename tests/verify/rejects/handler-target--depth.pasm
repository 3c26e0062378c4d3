; rule: handler-target
; at: f 0
; message: label 0: expected ref Exception alone on the stacks, found 1 primitives and 1 references
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
@caught [i64 | ref Exception] locals 0
  ref.drop
  return
}
