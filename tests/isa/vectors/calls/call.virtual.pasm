;limits memory 1048576 stack 4096
; kinds: 0 Base, 1 Derived overrides first, 2 Deeper overrides second
;= first(i32 0) -> i64 10
;= first(i32 1) -> i64 21
;= first(i32 2) -> i64 21
;= second(i32 0) -> i64 100
;= second(i32 1) -> i64 100
;= second(i32 2) -> i64 302
;= abstract_one(i64 7) -> i64 8
;= forever() -> trap stack-overflow

class Base {
    method first (ref Base) -> i64 = base_first
    method second (ref Base) -> i64 = base_second
    method endless (ref Base) = endless
}

class Derived extends Base {
    method first (ref Base) -> i64 = derived_first
}

class Deeper extends Derived {
    method second (ref Base) -> i64 = deeper_second
}

abstract class Shape {
    method grow (ref Shape, i64) -> i64
}

class Square extends Shape {
    method grow (ref Shape, i64) -> i64 = square_grow
}

func make(i32) -> ref Base {
    local.get 0
    switch @base @derived @deeper
@base:
    object.new Base
    return
@derived:
    object.new Derived
    return
@deeper:
    object.new Deeper
    return
}

func base_first(ref Base) -> i64 {
    i64.const 10
    return
}

func derived_first(ref Derived) -> i64 {
    i64.const 21
    return
}

func base_second(ref Base) -> i64 {
    i64.const 100
    return
}

func deeper_second(ref Deeper) -> i64 {
    i64.const 302
    return
}

func endless(ref Base) {
    local.get 0
    call.virtual Base.endless
    return
}

func square_grow(ref Square, i64) -> i64 {
    local.get 1
    i64.const 1
    i64.add
    return
}

func first(i32) -> i64 {
    local.get 0
    call make
    call.virtual Base.first
    return
}

func second(i32) -> i64 {
    local.get 0
    call make
    call.virtual Base.second
    return
}

func abstract_one(i64) -> i64 {
    object.new Square
    local.get 0
    call.virtual Shape.grow
    return
}

func forever() {
    object.new Base
    call.virtual Base.endless
    return
}
