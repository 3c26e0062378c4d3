;= string(i32 1) -> i64 3
;= string(i32 0) -> trap null-reference
;= same() -> i32 1

func maybe(i32) -> ref? string {
    string.const "abc"
    ref.null
    local.get 0
    ref.select ref? string
    return
}

func string(i32) -> i64 {
    local.get 0
    call maybe
    ref.as_non_null
    string.size
    return
}

func same() -> i32 {
    string.const "abc"
    i32.const 1
    call maybe
    ref.as_non_null
    ref.eq
    return
}
