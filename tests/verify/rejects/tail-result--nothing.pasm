; rule: tail-result
; at: f 2
; message: expected a function that returns nothing, found one that returns ref string
func f(g: ref func () -> ref string) {
  local.get g
  tail.ref () -> ref string
}
