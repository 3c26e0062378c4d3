throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f(c: i32) -> i64 {
  .local x: i64, y: i64
  i64.const 1
  local.set x
.try outer @caught
  local.get c
  branch.if @inside
.try inner @other
  i64.const 2
  local.set y
.end inner
@inside locals 2
  nop
.end outer
  local.get x
  return
@caught [| ref Exception] locals 2
  ref.drop
  local.get x
  return
@other [| ref Exception] locals 2
  ref.drop
  local.get x
  return
}
