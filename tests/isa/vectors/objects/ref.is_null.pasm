;= null() -> i32 1
;= string() -> i32 0
;= object() -> i32 0
;= empty_array() -> i32 0

class A

func null() -> i32 {
    ref.null
    ref.is_null
    return
}

func string() -> i32 {
    string.const ""
    ref.is_null
    return
}

func object() -> i32 {
    object.new A
    ref.is_null
    return
}

func empty_array() -> i32 {
    i64.const 0
    array.new u8
    ref.is_null
    return
}
