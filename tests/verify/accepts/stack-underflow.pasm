; values below the operands stay, and may still be there at the return
func f() -> i64 {
  i64.const 1
  i64.const 2
  i64.const 3
  i64.add
  return
}
