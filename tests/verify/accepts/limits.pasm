func f() -> i64 {
  i64.const 1
  return
}
