;= empty() -> i64 0
;= ascii() -> i64 3
;= bytes_of_utf8() -> i64 10
;= with_nul() -> i64 3
;= one_object() -> i32 1
;= across_functions() -> i32 1
;= others() -> i32 0

func empty() -> i64 {
    string.const ""
    string.size
    return
}

func ascii() -> i64 {
    string.const "abc"
    string.size
    return
}

; 1 + 2 + 3 + 4 bytes
func bytes_of_utf8() -> i64 {
    string.const "a\u{e4}\u{20ac}\u{1f600}"
    string.size
    return
}

func with_nul() -> i64 {
    string.const "a\0b"
    string.size
    return
}

func one_object() -> i32 {
    string.const "abc"
    string.const "abc"
    ref.eq
    return
}

func get() -> ref string {
    string.const "abc"
    return
}

func across_functions() -> i32 {
    string.const "abc"
    call get
    ref.eq
    return
}

func others() -> i32 {
    string.const "abc"
    string.const "abd"
    ref.eq
    return
}
