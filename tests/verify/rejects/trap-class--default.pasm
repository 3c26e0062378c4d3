; rule: trap-class
; message: class BadCast of trap bad-cast: expected one that can be made of defaults, found one that cannot
throwable Exception
trap bad-cast = BadCast
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class BadCast extends Exception {
  field value: ref any
}
