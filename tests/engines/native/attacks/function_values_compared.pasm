; Function values of one place: the new one and that of the round before.
func id (n: i64) -> i64 {
    local.get n
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local g: ref? func (i64) -> i64
  .local h: ref? func (i64) -> i64
    i64.const 0
    local.set i
    i64.const 7
    local.set s
    ref.null
    local.set h
@loop:
    func.ref id
    local.set g
    local.get g
    local.get h
    ref.eq
    i64.extend_i32_s
    local.get g
    local.set h
    local.get i
    local.get h
    ref.as_non_null
    call.ref (i64) -> i64
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
