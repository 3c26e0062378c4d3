; rule: falls-off-end
; at: f 2
; message: expected an instruction that never falls through, found branch.if
func f(c: i32) {
@again locals 1
  local.get c
  branch.if @again
}
