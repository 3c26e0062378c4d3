;= empty() -> i64 0
;= ascii() -> i64 5
;= two_bytes() -> i64 2
;= three_bytes() -> i64 3
;= four_bytes() -> i64 4

func empty() -> i64 {
    string.const ""
    string.size
    return
}

func ascii() -> i64 {
    string.const "hello"
    string.size
    return
}

func two_bytes() -> i64 {
    string.const "\u{80}"
    string.size
    return
}

func three_bytes() -> i64 {
    string.const "\u{ffff}"
    string.size
    return
}

func four_bytes() -> i64 {
    string.const "\u{10ffff}"
    string.size
    return
}
