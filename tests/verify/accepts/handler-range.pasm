throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
func f() {
.try first @caught
  unreachable
.end first
@caught [| ref Exception] locals 0
  ref.drop
.try second @last
  nop
  nop
.end second
  return
@last [| ref Exception] locals 0
  ref.drop
  return
}
