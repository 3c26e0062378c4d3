; kinds: 0 null, 1 A, 2 B below A, 3 a string
;= to_a(i32 0) -> trap bad-cast
;= to_a(i32 1) -> i64 1
;= to_a(i32 2) -> i64 2
;= to_a(i32 3) -> trap bad-cast
;= to_b(i32 1) -> trap bad-cast
;= to_b(i32 2) -> i64 20
;= to_a_null(i32 0) -> i32 1
;= to_a_null(i32 1) -> i32 0
;= to_a_null(i32 3) -> trap bad-cast
;= to_string(i32 3) -> i64 3
;= to_string(i32 2) -> trap bad-cast
;= to_bytes(i32 3) -> trap bad-cast
;= to_any(i32 0) -> trap bad-cast
;= to_any(i32 3) -> i32 1

class A {
    field x: i64
}

class B extends A {
    field y: i64
}

func make(i32) -> ref? any {
    local.get 0
    switch @null @a @b @string
@null:
    ref.null
    return
@a:
    i64.const 1
    object.new A
    return
@b:
    i64.const 2
    i64.const 20
    object.new B
    return
@string:
    string.const "abc"
    return
}

func to_a(i32) -> i64 {
    local.get 0
    call make
    ref.cast ref A
    field.get A.x
    return
}

func to_b(i32) -> i64 {
    local.get 0
    call make
    ref.cast ref B
    field.get B.y
    return
}

func to_a_null(i32) -> i32 {
    local.get 0
    call make
    ref.cast ref? A
    ref.is_null
    return
}

func to_string(i32) -> i64 {
    local.get 0
    call make
    ref.cast ref string
    string.size
    return
}

func to_bytes(i32) -> i64 {
    local.get 0
    call make
    ref.cast ref array u8
    array.size
    return
}

; the cast reference is the same one
func to_any(i32) -> i32 {
    local.get 0
    call make
    ref.cast ref any
    string.const "abc"
    ref.eq
    return
}
