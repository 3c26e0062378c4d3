; Weak references to objects that nobody else has.
import runtime weak.make (ref any) -> ref any
import runtime weak.read (ref any) -> ref? any
class V {
  field x: i64
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local v: ref V
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    object.new V
    local.set v
    local.get v
    call.runtime weak.make
    call.runtime weak.read
    local.get v
    ref.eq
    i64.extend_i32_s
    local.get v
    field.get V.x
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
