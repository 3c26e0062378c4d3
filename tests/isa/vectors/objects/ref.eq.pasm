;= same() -> i32 1
;= other_object() -> i32 0
;= nulls() -> i32 1
;= null_and_object() -> i32 0
;= object_and_null() -> i32 0
;= unlike_types() -> i32 0
;= equal_arrays() -> i32 0
;= through_array() -> i32 1

class A

func same() -> i32 {
    .local ref A
    object.new A
    local.set 0
    local.get 0
    local.get 0
    ref.eq
    return
}

func other_object() -> i32 {
    object.new A
    object.new A
    ref.eq
    return
}

func nulls() -> i32 {
    ref.null
    ref.null
    ref.eq
    return
}

func null_and_object() -> i32 {
    ref.null
    object.new A
    ref.eq
    return
}

func object_and_null() -> i32 {
    object.new A
    ref.null
    ref.eq
    return
}

func unlike_types() -> i32 {
    object.new A
    string.const "A"
    ref.eq
    return
}

func equal_arrays() -> i32 {
    i64.const 1
    array.new u8
    i64.const 1
    array.new u8
    ref.eq
    return
}

func through_array() -> i32 {
    .local ref A, ref array ref
    object.new A
    local.set 0
    i64.const 1
    array.new ref
    local.set 1
    local.get 1
    i64.const 0
    local.get 0
    array.set ref
    local.get 1
    i64.const 0
    array.get ref
    local.get 0
    ref.eq
    return
}
