;limits memory 65536 stack 4096
; inherited fields come first; numbers and references are each in order on their stack
;= empty() -> i32 1
;= inherited() -> i64 7
;= own() -> f64 0.5
;= references() -> i64 21
;= narrow() -> i32 -1
;= endless() -> trap out-of-memory

class Empty
class A {
    field x: i64
    field s: ref string
}

class B extends A {
    field y: f64
    field t: ref string
    field n: i8
}

class Link {
    field next: ref? Link
}

func empty() -> i32 {
    object.new Empty
    ref.instance ref Empty
    return
}

func make() -> ref B {
    i64.const 7
    string.const "a"
    f64.const 0.5
    string.const "bc"
    i32.const 255
    object.new B
    return
}

func inherited() -> i64 {
    call make
    field.get A.x
    return
}

func own() -> f64 {
    call make
    field.get B.y
    return
}

func references() -> i64 {
    call make
    field.get B.s
    string.size
    call make
    field.get B.t
    string.size
    i64.const 10
    i64.mul
    i64.add
    return
}

func narrow() -> i32 {
    call make
    field.get B.n
    return
}

func endless() {
    .local ref? Link
    ref.null
    local.set 0
@again:
    local.get 0
    object.new Link
    local.set 0
    jump @again
}
