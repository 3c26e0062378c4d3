func f(c: i32) -> i64 {
  i64.const 1
  i64.const 2
  local.get c
  branch.if @end
  prim.swap
@end [i64, i64] locals 1
  i64.sub
  return
}
