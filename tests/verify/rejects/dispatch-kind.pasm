; rule: dispatch-kind
; at: f 2
; message: expected a class, found interface Named
interface Named {
  method name (ref Named) -> ref string
}
func f(named: ref Named) -> ref string {
  local.get named
  call.virtual Named.name
  return
}
