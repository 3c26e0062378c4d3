; rule: closure-environment
; at: f 0
; message: expected a reference as first parameter, found i64
signature ()
func g(n: i64) {
  return
}
func f() -> ref any {
  closure.new g
  return
}
