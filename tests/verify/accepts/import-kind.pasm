import runtime hash.seed () -> i64
import kernel clock_now (i64) -> i64
import host host.tick (i64)
func f() {
  call.runtime hash.seed
  hypercall clock_now
  hypercall host.tick
  return
}
