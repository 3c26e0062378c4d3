; rule: throwable
; message: expected a throwable class for the classes of traps, found none
trap bad-cast = BadCast
class BadCast
