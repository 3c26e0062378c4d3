; rule: handler-class
; at: f 0
; message: expected a class below throwable, found ref Point
throwable Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class Point
func f() {
.try all @caught catch Point
  nop
.end all
  return
@caught [| ref Point] locals 0
  ref.drop
  return
}
