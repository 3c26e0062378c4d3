; a label may stand there although nothing goes to it
func f() {
  return
@never locals 0
  return
}
