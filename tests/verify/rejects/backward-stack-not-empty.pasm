; rule: backward-stack-not-empty
; at: f 5
; message: label 0: expected empty stacks at the target of a backward branch, found 1 primitives and 0 references
func f(c: i32) {
  i64.const 1
  nop
@again [i64] locals 1
  local.get c
  branch.if @again
  return
}
