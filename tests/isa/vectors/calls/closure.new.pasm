;limits memory 65536 stack 4096
;= called(i64 3) -> i64 6
;= own_environment() -> i64 32
;= distinct() -> i32 0
;= null_environment() -> i32 1
;= endless() -> trap out-of-memory

func plus_size(ref string, i64) -> i64 {
    local.get 0
    string.size
    local.get 1
    i64.add
    return
}

func called(i64) -> i64 {
    local.get 0
    string.const "abc"
    closure.new plus_size
    call.ref (i64) -> i64
    return
}

func own_environment() -> i64 {
    i64.const 10
    string.const "a"
    closure.new plus_size
    i64.const 20
    string.const "b"
    closure.new plus_size
    call.ref (i64) -> i64
    prim.swap
    call.ref (i64) -> i64
    i64.add
    return
}

func distinct() -> i32 {
    string.const "a"
    closure.new plus_size
    string.const "a"
    closure.new plus_size
    ref.eq
    return
}

func test_null(ref? any) -> i32 {
    local.get 0
    ref.is_null
    return
}

func null_environment() -> i32 {
    ref.null
    closure.new test_null
    call.ref () -> i32
    return
}

func endless() {
    .local ref array ref, i64
    i64.const 4096
    array.new ref
    local.set 0
    i64.const 0
    local.set 1
@again:
    local.get 0
    local.get 1
    string.const "a"
    closure.new plus_size
    array.set ref
    local.get 1
    i64.const 1
    i64.add
    local.set 1
    jump @again
}
