; rule: import-kind
; at: f 0
; message: expected a kernel or host import, found runtime import hash.seed
import runtime hash.seed () -> i64
func f() -> i64 {
  hypercall hash.seed
  return
}
