func f() {
  unreachable
}
func g() {
@again locals 0
  jump @again
}
