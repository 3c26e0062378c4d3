; rule: missing-signature
; at: f 2
; message: expected signature () in the table, found none
func f(value: ref any) -> ref task {
  local.get value
  task.spawn
  return
}
