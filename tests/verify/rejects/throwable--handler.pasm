; rule: throwable
; at: f 0
; message: expected a throwable class in the module, found none
func f() {
.try all @caught
  nop
.end all
  return
@caught [| ref any] locals 0
  ref.drop
  return
}
