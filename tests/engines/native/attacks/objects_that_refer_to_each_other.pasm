; Two objects refer to each other, and locals exchange them.
export f as (i64) -> i64
class P {
  field a: i64
  field next: ref? P
}
func f (n: i64) -> i64 {
  .local p: ref P
  .local q: ref P
  .local t: ref P
  .local i: i64
  .local s: i64
    i64.const 0
    local.set i
    i64.const 0
    local.set s
@l:
    local.get i
    ref.null
    object.new P
    local.set p
    local.get s
    ref.null
    object.new P
    local.set q
    local.get p
    local.get q
    field.set P.next
    local.get q
    local.get p
    field.set P.next
    local.get i
    i64.const 1
    i64.and
    i64.eqz
    branch.if @e
    local.get p
    local.set t
    local.get q
    local.set p
    local.get t
    local.set q
@e:
    local.get p
    field.get P.next
    ref.as_non_null
    field.get P.next
    ref.as_non_null
    local.get p
    ref.eq
    i64.extend_i32_s
    local.get p
    field.get P.next
    ref.as_non_null
    field.get P.a
    i64.add
    local.get s
    i64.const 3
    i64.mul
    i64.add
    local.set s
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
