; rule: global-type
; message: global name: expected a nullable reference, found ref string
global name: ref string
