; rule: runtime-import
; message: expected the name of a runtime function, found string.shout
import runtime string.shout (ref string) -> ref string
