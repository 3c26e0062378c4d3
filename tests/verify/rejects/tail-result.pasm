; rule: tail-result
; at: f 0
; message: expected a function that returns i64, found one that returns i32
func g() -> i32 {
  i32.const 1
  return
}
func f() -> i64 {
  tail.call g
}
