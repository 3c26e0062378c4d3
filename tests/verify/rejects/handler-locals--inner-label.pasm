; rule: handler-locals
; at: f 7
; message: label 1 needs local 0: expected it initialised all over the range 4 to 7, found a place where it is not
; the label stands in the inner range, which needs nothing, but the outer one is around it
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() -> i64 {
  .local x: i64
  i64.const 1
  local.set x
.try outer @caught
  nop
.try inner @other
@inside locals 0
  nop
.end inner
  nop
.end outer
  i64.const 0
  return
@caught [| ref Exception] locals 1
  ref.drop
  local.get x
  return
@other [| ref Exception] locals 0
  ref.drop
  i64.const 0
  return
}
