signature ()
func f(value: ref any) -> ref task {
  local.get value
  ref.cast ref func ()
  task.spawn
  return
}
