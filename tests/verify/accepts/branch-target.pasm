func f(n: i32) {
  local.get n
  switch @a @b @a
@a locals 1
  return
@b locals 1
  return
}
