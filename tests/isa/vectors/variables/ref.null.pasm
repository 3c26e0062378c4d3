;= is_null() -> i32 1
;= of_any_type() -> i32 3
;= equal() -> i32 1

class A

func is_null() -> i32 {
    ref.null
    ref.is_null
    return
}

func of_any_type() -> i32 {
    .local ref? A, ref? array u8, ref? func () -> i32
    ref.null
    local.set 0
    ref.null
    local.set 1
    ref.null
    local.set 2
    local.get 0
    ref.is_null
    local.get 1
    ref.is_null
    local.get 2
    ref.is_null
    i32.add
    i32.add
    return
}

func equal() -> i32 {
    ref.null
    ref.null
    ref.eq
    return
}
