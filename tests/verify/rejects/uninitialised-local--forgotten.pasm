; rule: uninitialised-local
; at: f 9
; message: expected local 1 (x) initialised, found a path on which it is not
; after a label only what it declares counts
func f(c: i32) -> i64 {
  .local x: i64
  i64.const 1
  local.set x
  i64.const 2
  local.tee x
  prim.drop
@end locals 1
  local.get x
  return
}
