; rule: stack-type
; at: f 4
; message: expected i64, found i32
func f() -> i64 {
  i64.const 1
  i32.const 2
  i64.add
  return
}
