; rule: stack-type
; at: f 2
; message: expected ref func (), found ref func () -> i64
signature ()
func g() -> i64 {
  i64.const 1
  return
}
func f() -> ref task {
  func.ref g
  task.spawn
  return
}
