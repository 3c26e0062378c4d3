func f(c: i32) -> i64 {
  .local x: i64, y: i64
  i64.const 1
  local.tee y
  prim.drop
  local.get c
  branch.if @other
  i64.const 1
  local.set x
  jump @end
@other locals 3 except x
  i64.const 2
  local.set x
@end locals 3
  local.get x
  local.get y
  i64.add
  return
}
