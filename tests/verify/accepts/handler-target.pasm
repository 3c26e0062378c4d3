throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f(n: i64) {
.try all @caught
  local.get n
  i64.const 1
  i64.div_s
  prim.drop
  return
.end all
@caught [| ref Exception] locals 1
  throw
}
