; Function values that captured each other, of one place.
func g (c: ref func (i64) -> i64, n: i64) -> i64 {
    local.get n
    local.get c
    call.ref (i64) -> i64
    i64.const 2
    i64.mul
    return
}
func h (n: i64) -> i64 {
    local.get n
    i64.const 1
    i64.add
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local c: ref func (i64) -> i64
  .local k: i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    func.ref h
    local.set c
    i64.const 0
    local.set k
@in:
    local.get c
    closure.new g
    local.set c
    local.get k
    i64.const 1
    i64.add
    local.tee k
    i64.const 3
    i64.lt_s
    branch.if @in
    local.get i
    local.get c
    call.ref (i64) -> i64
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
