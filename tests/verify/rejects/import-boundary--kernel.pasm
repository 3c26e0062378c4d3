; rule: import-boundary
; message: kernel import fd_read: expected a primitive, a string or an array of primitives, found ref any
import kernel fd_read (ref any) -> i64
