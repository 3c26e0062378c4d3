; rule: stack-depth-at-label
; at: f 2
; message: label 0: expected 1 on the reference stack, found 0
func f(text: ref? string) {
  local.get text
  branch.null @none
  ref.drop
  return
@none [| ref? string] locals 1
  ref.drop
  return
}
