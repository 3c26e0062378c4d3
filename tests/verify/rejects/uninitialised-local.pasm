; rule: uninitialised-local
; at: f 0
; message: expected local 0 (x) initialised, found a path on which it is not
func f() -> i64 {
  .local x: i64
  local.get x
  return
}
