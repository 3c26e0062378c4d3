; rule: closure-environment
; at: f 0
; message: expected a reference as first parameter, found no parameters
func g() {
  return
}
func f() -> ref any {
  closure.new g
  return
}
