; rule: handler-locals
; at: f 11
; message: label 1 needs local 1: expected it initialised all over the range 4 to 11, found a place where it is not
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f(c: i32) -> i64 {
  .local x: i64
  i64.const 1
  local.set x
.try all @caught
  local.get c
  branch.if @inside
  nop
  nop
@inside locals 1
  nop
.end all
  i64.const 0
  return
@caught [| ref Exception] locals 2
  ref.drop
  local.get x
  return
}
