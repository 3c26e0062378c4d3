; kinds: 0 null, 1 A, 2 B below A, 3 C, 4 a string
;= is_a(i32 0) -> i32 0
;= is_a(i32 1) -> i32 1
;= is_a(i32 2) -> i32 1
;= is_a(i32 3) -> i32 0
;= is_a(i32 4) -> i32 0
;= is_b(i32 0) -> i32 0
;= is_b(i32 1) -> i32 0
;= is_b(i32 2) -> i32 1
;= is_b(i32 3) -> i32 0
;= is_a_or_null(i32 0) -> i32 1
;= is_a_or_null(i32 1) -> i32 1
;= is_a_or_null(i32 3) -> i32 0
;= is_a_or_null(i32 4) -> i32 0
;= size_if_text(i32 4) -> i64 3
;= size_if_text(i32 1) -> i64 -1
;= size_if_text(i32 0) -> i64 -1

class A
class B extends A
class C

func make(i32) -> ref? any {
    local.get 0
    switch @null @a @b @c @text
@null:
    ref.null
    return
@a:
    object.new A
    return
@b:
    object.new B
    return
@c:
    object.new C
    return
@text:
    string.const "abc"
    return
}

func is_a(i32) -> i32 {
    local.get 0
    call make
    branch.instance @yes ref A
    ref.drop
    i32.const 0
    return
@yes [| ref A]:
    ref.drop
    i32.const 1
    return
}

func is_b(i32) -> i32 {
    local.get 0
    call make
    branch.instance @yes ref B
    ref.drop
    i32.const 0
    return
@yes [| ref B]:
    ref.drop
    i32.const 1
    return
}

func is_a_or_null(i32) -> i32 {
    local.get 0
    call make
    branch.instance @yes ref? A
    ref.drop
    i32.const 0
    return
@yes [| ref? A]:
    ref.drop
    i32.const 1
    return
}

func size_if_text(i32) -> i64 {
    local.get 0
    call make
    branch.instance @yes ref string
    ref.drop
    i64.const -1
    return
@yes [| ref string]:
    string.size
    return
}
