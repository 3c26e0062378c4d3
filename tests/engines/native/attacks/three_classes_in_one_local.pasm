; Objects of three classes in one local, told apart.
class X {
  field a: i64
}
class Y extends X {
  field b: i64
}
class Z extends X {
  field c: i32
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local p: ref X
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    i64.const 3
    i64.rem_s
    i32.wrap_i64
    switch @x @y @z
@x:
    local.get i
    object.new X
    local.set p
    jump @t
@y:
    local.get i
    i64.const 5
    object.new Y
    local.set p
    jump @t
@z:
    local.get i
    i32.const 0x70000001
    object.new Z
    local.set p
@t:
    local.get p
    branch.instance @isy ref Y
    branch.instance @isz ref Z
    field.get X.a
    jump @j
@isy [| ref Y]:
    field.get Y.b
    jump @j
@isz [| ref Z]:
    field.get Z.c
    i64.extend_i32_s
@j [i64]:
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
