; rule: export-boundary
; message: export f: expected (i64) for the boundary (u64), found (i32)
func f(n: i32) {
  return
}
export f as (u64)
