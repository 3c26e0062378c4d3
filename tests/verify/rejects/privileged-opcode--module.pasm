; rule: privileged-opcode
; message: expected a module for programs, found a privileged one
features privileged
func f() {
  return
}
