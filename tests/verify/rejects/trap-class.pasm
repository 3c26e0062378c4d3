; rule: trap-class
; message: class Other of trap bad-cast: expected a class below throwable, found another
throwable Exception
trap bad-cast = Other
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class Other {
  field message: ref? string
  field trace: ref? array i32
}
