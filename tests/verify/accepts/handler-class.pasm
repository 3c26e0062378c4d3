throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class Failure extends Exception
func f() {
.try all @caught catch Failure
  nop
.end all
  return
@caught [| ref Failure] locals 0
  ref.drop
  return
}
