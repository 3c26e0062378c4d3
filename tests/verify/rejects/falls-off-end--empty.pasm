; rule: falls-off-end
; at: f 0
; message: expected an instruction, found no code
func f() {
}
