; rule: throwable
; message: class Exception: expected first fields message: ref? string and trace: ref? array i32, both mutable
throwable Exception
class Exception {
  const message: ref? string
  field trace: ref? array i32
}
