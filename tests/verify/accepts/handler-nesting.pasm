; inner first; two handlers of one range in either order; ranges that touch
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class Failure extends Exception
func f() {
.try outer @caught
  nop
.try inner @caught
.try failure @failed catch Failure
  nop
.end failure
.end inner
.end outer
.try next @caught
  nop
.end next
  return
@caught [| ref Exception] locals 0
  ref.drop
  return
@failed [| ref Failure] locals 0
  ref.drop
  return
}
