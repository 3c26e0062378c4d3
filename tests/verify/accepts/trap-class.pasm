throwable Exception
trap bad-cast = BadCast
trap divide-by-zero = Exception
class Exception {
  field message: ref? string
  field trace: ref? array i32
}
class BadCast extends Exception {
  field value: ref? any
}
