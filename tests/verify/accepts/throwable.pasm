throwable Exception
class Base {
  field message: ref? string
}
abstract class Exception extends Base {
  field trace: ref? array i32
  const cause: ref string
}
class Failure extends Exception
func f(cause: ref string) {
  ref.null
  ref.null
  local.get cause
  object.new Failure
  throw
}
