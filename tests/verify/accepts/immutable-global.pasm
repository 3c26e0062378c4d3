global const limit: i64 = 10
global count: i64
func f() {
  global.get limit
  global.set count
  return
}
