; rule: null-operand
; at: f 2
; message: label 0: expected ref string, found ref? string
func f(text: ref? string) -> ref string {
  local.get text
  branch.instance @is ref? string
  ref.drop
  unreachable
@is [| ref string] locals 1
  return
}
