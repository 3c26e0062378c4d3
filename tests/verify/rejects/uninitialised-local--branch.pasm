; rule: uninitialised-local
; at: f 2
; message: label 0: expected local 1 (x) initialised, found a path on which it is not
func f(c: i32) -> i64 {
  .local x: i64
  local.get c
  branch.if @end
  i64.const 1
  local.set x
@end locals 2
  local.get x
  return
}
