func f() {
  .line main.peb 3
  nop
  .line 4
  return
}
