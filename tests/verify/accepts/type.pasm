func f(a: i32, b: ref? any, c: ref task, d: ref array ref, e: ref func (i64) -> i64) {
  return
}
