;= zero() -> i64 0
;= minus_one() -> i64 -1
;= one_byte() -> i64 63
;= two_bytes() -> i64 64
;= past_i32() -> i64 2147483648
;= past_double() -> i64 9007199254740993
;= most() -> i64 9223372036854775807
;= least() -> i64 -9223372036854775808
;= bits() -> i64 -2401053088876216593

func zero() -> i64 {
    i64.const 0
    return
}

func minus_one() -> i64 {
    i64.const -1
    return
}

func one_byte() -> i64 {
    i64.const 63
    return
}

func two_bytes() -> i64 {
    i64.const 64
    return
}

func past_i32() -> i64 {
    i64.const 2147483648
    return
}

func past_double() -> i64 {
    i64.const 9007199254740993
    return
}

func most() -> i64 {
    i64.const 9223372036854775807
    return
}

func least() -> i64 {
    i64.const -9223372036854775808
    return
}

func bits() -> i64 {
    i64.const 0xdeadbeefdeadbeef
    return
}
