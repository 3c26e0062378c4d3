; A function value that captured null or a text, called in place of a frame.
func one (v: ref? any, n: i64) -> i64 {
    local.get n
    local.get v
    ref.is_null
    i64.extend_i32_s
    i64.add
    return
}
func go (c: ref func (i64) -> i64, n: i64) -> i64 {
    local.get n
    local.get c
    tail.ref (i64) -> i64
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
    ref.null
    closure.new one
    local.get i
    call go
    string.const "x"
    closure.new one
    local.get i
    call go
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
