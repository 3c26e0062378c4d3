interface Named {
  method name (ref Named) -> ref string
}
abstract class Person implements Named {
  method name (ref Person) -> ref string
}
func f(person: ref Person) -> ref string {
  local.get person
  call.virtual Person.name
  ref.drop
  local.get person
  tail.interface Named.name
}
