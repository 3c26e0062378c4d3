;= keeps() -> i32 1
;= differ() -> i32 0
;= in_range() -> i64 0
;= of_string() -> i32 1
;= of_array() -> i32 1
;= unchanged_by_stores() -> i32 1

class A {
    field x: i64
}

func keeps() -> i32 {
    .local ref A
    i64.const 1
    object.new A
    local.set 0
    local.get 0
    ref.identity_hash
    local.get 0
    ref.identity_hash
    i64.eq
    return
}

func differ() -> i32 {
    i64.const 1
    object.new A
    ref.identity_hash
    i64.const 1
    object.new A
    ref.identity_hash
    i64.eq
    return
}

func in_range() -> i64 {
    i64.const 1
    object.new A
    ref.identity_hash
    i64.const 32
    i64.shr_u
    return
}

func of_string() -> i32 {
    string.const "a"
    ref.identity_hash
    string.const "a"
    ref.identity_hash
    i64.eq
    return
}

func of_array() -> i32 {
    .local ref array u8
    i64.const 3
    array.new u8
    local.set 0
    local.get 0
    ref.identity_hash
    local.get 0
    ref.identity_hash
    i64.eq
    return
}

func unchanged_by_stores() -> i32 {
    .local ref A, i64
    i64.const 1
    object.new A
    local.set 0
    local.get 0
    ref.identity_hash
    local.set 1
    local.get 0
    i64.const 2
    field.set A.x
    local.get 0
    ref.identity_hash
    local.get 1
    i64.eq
    return
}
