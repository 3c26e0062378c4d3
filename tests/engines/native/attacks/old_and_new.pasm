; Objects of one place: the new one and that of the round before.
export f as (i64) -> i64
class P {
  field a: i64
  field next: ref? P
}
func mk (a: i64, p: ref? P) -> ref P {
    local.get a
    local.get p
    object.new P
    return
}
func f (n: i64) -> i64 {
  .local p: ref P
  .local o: ref P
  .local i: i64
  .local s: i64
    i64.const 0
    local.set i
    i64.const 0
    local.set s
    i64.const -1
    ref.null
    call mk
    local.set o
@l:
    local.get i
    ref.null
    call mk
    local.set p
    local.get p
    local.get o
    ref.eq
    i64.extend_i32_s
    local.get p
    field.get P.a
    i64.const 5
    i64.mul
    local.get o
    field.get P.a
    i64.add
    i64.add
    local.get s
    i64.const 3
    i64.mul
    i64.add
    local.set s
    local.get p
    local.set o
    local.get i
    i64.const 1
    i64.add
    local.tee i
    local.get n
    i64.lt_s
    branch.if @l
    local.get s
    return
}
