func f() {
  return
}
export f
export g = f
