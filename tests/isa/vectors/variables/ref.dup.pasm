;= same() -> i32 1
;= null() -> i32 1
;= keeps_type() -> i64 4

func same() -> i32 {
    string.const "a"
    ref.dup
    ref.eq
    return
}

func null() -> i32 {
    ref.null
    ref.dup
    ref.eq
    return
}

func keeps_type() -> i64 {
    string.const "ab"
    ref.dup
    string.size
    string.size
    i64.add
    return
}
