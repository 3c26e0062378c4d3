func f(n: i32) {
  .local x: i64, y: i64
  i64.const 1
  local.set y
  nop
@a locals 3 except x
  return
}
