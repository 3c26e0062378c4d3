; Methods of interfaces with bodies of their own, and classes whose ids are no interval.
interface I {
  method m (ref I, i64) -> i64 = I.m
}
interface J extends I {
  method k (ref J) -> i64 = J.k
}
class A implements J {
  field a: i64
}
class B extends A {
  field b: i64
  method m (ref B, i64) -> i64 = B.m
}
class C extends B {
  field c: i64
  method k (ref C) -> i64 = C.k
}
class D implements I {
  field d: i64
}
class E extends B {
  method m (ref B, i64) -> i64 = E.m
}
func I.m (s: ref I, n: i64) -> i64 {
    local.get n
    return
}
func J.k (s: ref J) -> i64 {
    i64.const 3
    return
}
func B.m (s: ref B, n: i64) -> i64 {
    local.get s
    field.get B.b
    local.get n
    i64.add
    return
}
func C.k (s: ref C) -> i64 {
    local.get s
    field.get C.c
    return
}
func E.m (s: ref B, n: i64) -> i64 {
    local.get s
    ref.cast ref E
    field.get A.a
    local.get n
    i64.mul
    return
}
func mk (n: i64) -> ref I {
    local.get n
    i64.const 5
    i64.rem_s
    i32.wrap_i64
    switch @a @b @c @d @e
@a:
    local.get n
    object.new A
    return
@b:
    local.get n
    i64.const 20
    object.new B
    return
@c:
    local.get n
    i64.const 21
    i64.const 22
    object.new C
    return
@d:
    local.get n
    object.new D
    return
@e:
    local.get n
    i64.const 24
    object.new E
    return
}
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local i: i64
  .local s: i64
  .local o: ref I
    i64.const 0
    local.set i
    i64.const 7
    local.set s
@loop:
    local.get i
    call mk
    local.tee o
    local.get i
    call.interface I.m
    local.get o
    branch.instance @j ref J
    ref.drop
    i64.const 8
    i64.add
    jump @e
@j [i64 | ref J]:
    call.interface J.k
    i64.add
@e [i64]:
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
