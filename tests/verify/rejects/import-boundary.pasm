; rule: import-boundary
; message: import host.log: expected (i32) for the boundary (bool), found (i64)
import host host.log (i64) as (bool)
