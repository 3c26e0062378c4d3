; rule: import-kind
; at: f 0
; message: expected a runtime import, found host import host.tick
import host host.tick ()
func f() {
  call.runtime host.tick
  return
}
