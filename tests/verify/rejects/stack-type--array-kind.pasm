; rule: stack-type
; at: f 4
; message: expected ref array u8, found ref array i8
func f(bytes: ref array i8) -> i32 {
  local.get bytes
  i64.const 0
  array.get u8
  return
}
