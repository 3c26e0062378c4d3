; rule: missing-signature
; at: f 2
; message: expected signature (i64) in the table, found none
func g(text: ref string, n: i64) {
  return
}
func f(text: ref string) -> ref any {
  local.get text
  closure.new g
  return
}
