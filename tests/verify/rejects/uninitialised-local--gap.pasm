; rule: uninitialised-local
; at: f 6
; message: expected local 1 (x) initialised, found a path on which it is not
func f(c: i32) -> i64 {
  .local x: i64, y: i64
  i64.const 1
  local.set y
  jump @end
@end locals 3 except x
  local.get x
  return
}
