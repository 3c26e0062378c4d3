; rule: stack-type
; at: f 2
; message: expected ref array, found ref string
func f(text: ref string) -> i64 {
  local.get text
  array.size
  return
}
