; rule: falls-off-end
; at: f 0
; message: expected an instruction that never falls through, found nop
func f() {
  nop
}
