func f() {
  nop
  return
}
