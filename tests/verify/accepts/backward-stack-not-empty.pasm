func f(c: i32) {
@again locals 1
  local.get c
  branch.if @again
  return
}
