func f() {
  .line main.peb 3:4
  nop
  .position main.peb 9:1
  .line 7:8 in inlined from #1
  return
}
