signature (i64) -> i64
class Box {
  field value: i64
}
func g(box: ref Box, n: i64) -> i64 {
  local.get box
  field.get Box.value
  local.get n
  i64.add
  return
}
func f(box: ref Box) -> i64 {
  i64.const 2
  local.get box
  closure.new g
  call.ref (i64) -> i64
  return
}
