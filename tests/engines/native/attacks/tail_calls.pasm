; Calls in place of frames that compiled code has called.
func odd (n: i64, a: ref array i64) -> i64 {
  .local q: ref array i64
    local.get n
    i64.eqz
    branch.if @z
    i64.const 2
    array.new i64
    local.set q
    local.get q
    i64.const 1
    local.get n
    array.set i64
    local.get n
    i64.const 1
    i64.sub
    local.get q
    tail.call even
@z:
    local.get a
    i64.const 1
    array.get i64
    return
}
func even (n: i64, a: ref array i64) -> i64 {
  .local x: i64
  .local y: i64
  .local z: i64
  .local w: ref array i64
    local.get n
    i64.const 3
    i64.mul
    local.set x
    local.get a
    local.set w
    local.get n
    i64.eqz
    branch.if @z
    local.get n
    i64.const 1
    i64.sub
    local.get w
    tail.call odd
@z:
    local.get x
    local.get w
    i64.const 1
    array.get i64
    i64.add
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    i64.const 2
    array.new i64
    call odd
    i64.const 40
    i64.const 2
    array.new i64
    call even
    i64.add
    local.get s
    i64.const 31
    i64.mul
    i64.add
    local.set s
    local.get i
    i64.const 1
    i64.add
    local.tee i
    local.get n
    i64.lt_s
    branch.if @loop
    local.get s
    return
}
