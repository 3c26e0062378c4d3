; Trees that recursion makes, returns and goes through.
class N {
  field l: ref? N
  field r: ref? N
  field v: i64
}
func build (d: i64) -> ref N {
    local.get d
    i64.const 0
    i64.gt_s
    branch.if @more
    ref.null
    ref.null
    i64.const 1
    object.new N
    return
@more:
    local.get d
    i64.const 1
    i64.sub
    call build
    local.get d
    i64.const 2
    i64.sub
    call build
    local.get d
    object.new N
    return
}
func total (n: ref? N) -> i64 {
    local.get n
    branch.null @z
    field.get N.v
    local.get n
    ref.as_non_null
    field.get N.l
    call total
    i64.add
    local.get n
    ref.as_non_null
    field.get N.r
    call total
    i64.add
    return
@z:
    i64.const 0
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
    i64.const 7
    i64.and
    call build
    call total
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
