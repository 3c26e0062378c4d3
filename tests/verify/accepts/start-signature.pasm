start f
func f() {
  return
}
