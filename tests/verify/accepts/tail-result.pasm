; also inside a handler's range: the frame is gone before the callee runs, so the handler is too
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func g(n: i64) -> i64 {
  local.get n
  return
}
func f(n: i64) -> i64 {
.try all @caught
  local.get n
  tail.call g
.end all
@caught [| ref Exception] locals 1
  ref.drop
  local.get n
  return
}
