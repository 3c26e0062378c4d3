; rule: dispatch-kind
; at: f 2
; message: expected an interface, found class Named
abstract class Named {
  method name (ref Named) -> ref string
}
func f(named: ref Named) -> ref string {
  local.get named
  tail.interface Named.name
}
