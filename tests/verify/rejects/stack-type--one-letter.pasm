; rule: stack-type
; at: f 13
; message: expected f64, found i64
func f(c: i32) -> i64 {
  i64.const 1
  f64.const 2
  local.get c
  prim.select
  return
}
