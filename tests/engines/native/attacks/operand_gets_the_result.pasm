; The local that a call gives its result to waits as an operand of it, and below it.
func two (a: i64, b: ref array i64) -> i64 {
    local.get b
    i64.const 0
    local.get a
    array.set i64
    local.get a
    i64.const 2
    i64.mul
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local k: i64
  .local q: ref array i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
    i64.const 5
    local.set k
@loop:
    local.get k
    local.get k
    i64.const 3
    array.new i64
    local.tee q
    call two
    local.set k
    local.get k
    i64.add
    local.get q
    i64.const 0
    array.get i64
    i64.add
    i64.const 0xffff
    i64.and
    local.tee k
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
