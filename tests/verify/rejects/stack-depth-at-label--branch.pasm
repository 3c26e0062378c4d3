; rule: stack-depth-at-label
; at: f 4
; message: label 0: expected 0 on the primitive stack, found 1
func f(c: i32) -> i64 {
  i64.const 1
  local.get c
  branch.if @end
  return
@end locals 1
  i64.const 2
  return
}
