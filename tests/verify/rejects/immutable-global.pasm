; rule: immutable-global
; at: f 2
; message: expected a mutable global, found limit
global const limit: i64 = 10
func f() {
  i64.const 1
  global.set limit
  return
}
