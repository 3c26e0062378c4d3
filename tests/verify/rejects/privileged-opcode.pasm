; rule: privileged-opcode
; at: f 0
; message: expected an opcode for programs, found memory.size
func f() -> i64 {
  memory.size
  return
}
