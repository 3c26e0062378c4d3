; A, then U+20AC as e2 82 ac
;= at(i64 0) -> i32 65
;= at(i64 1) -> i32 0xe2
;= at(i64 2) -> i32 0x82
;= at(i64 3) -> i32 0xac
;= at(i64 4) -> trap index-out-of-bounds
;= at(i64 -1) -> trap index-out-of-bounds
;= at(i64 4294967296) -> trap index-out-of-bounds
;= at(i64 9223372036854775807) -> trap index-out-of-bounds
;= at(i64 -9223372036854775808) -> trap index-out-of-bounds
;= empty() -> trap index-out-of-bounds

func at(i64) -> i32 {
    string.const "A\u{20ac}"
    local.get 0
    string.get
    return
}

func empty() -> i32 {
    string.const ""
    i64.const 0
    string.get
    return
}
