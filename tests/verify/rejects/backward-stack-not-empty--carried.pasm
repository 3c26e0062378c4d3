; rule: backward-stack-not-empty
; at: f 5
; message: label 0: expected empty stacks at the target of a backward branch, found 0 primitives and 1 references
func f(text: ref? string) {
  jump @test
@again [| ref string] locals 1
  ref.drop
@test locals 1
  local.get text
  branch.non_null @again
  return
}
