; rule: runtime-import
; message: runtime import string.hash: expected (ref string, i64) -> i64, found (ref string) -> i64
import runtime string.hash (ref string) -> i64
