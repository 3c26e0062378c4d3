; rule: stack-type
; at: f 2
; message: expected ref func () -> i64, found ref func () -> i32
func g() -> i32 {
  i32.const 1
  return
}
func f() -> i64 {
  func.ref g
  call.ref () -> i64
  return
}
