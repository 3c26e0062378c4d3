; rule: handler-locals
; at: f 4
; message: label 0 needs local 0: expected it initialised all over the range 0 to 4, found a place where it is not
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() -> i64 {
  .local x: i64
.try all @caught
  i64.const 1
  local.set x
.end all
  jump @caught_not
@caught [| ref Exception] locals 1
  ref.drop
  local.get x
  return
@caught_not locals 0
  i64.const 0
  return
}
