; rule: null-operand
; at: f 2
; message: expected ref array, found ref? array u8
func f(bytes: ref? array u8) -> i64 {
  local.get bytes
  array.size
  return
}
