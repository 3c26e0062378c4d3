; rule: import-boundary
; message: kernel import fd_read: expected a primitive, a string or an array of primitives, found ref? array u8
import kernel fd_read (ref? array u8) -> i64
