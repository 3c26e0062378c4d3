; rule: trap-class
; message: class Exception of trap bad-cast: expected one that can be made of defaults, found one that cannot
throwable Exception
trap bad-cast = Exception
abstract class Exception {
  field message: ref? string
  field trace: ref? array i32
}
