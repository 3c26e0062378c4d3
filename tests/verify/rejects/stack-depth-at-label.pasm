; rule: stack-depth-at-label
; at: f 3
; message: label 0: expected 2 on the primitive stack, found 1
func f() -> i64 {
  i64.const 1
  nop
@sum [i64, i64] locals 0
  i64.add
  return
}
