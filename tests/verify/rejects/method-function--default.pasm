; rule: method-function
; message: class Named, method name: expected (ref Named), found (ref Person)
interface Named {
  method name (ref Named) = name
}
class Person implements Named
func name(self: ref Person) {
  return
}
