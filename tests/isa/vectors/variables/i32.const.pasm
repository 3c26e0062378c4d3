;= zero() -> i32 0
;= minus_one() -> i32 -1
;= one_byte() -> i32 63
;= two_bytes() -> i32 64
;= low_byte() -> i32 -64
;= low_bytes() -> i32 -65
;= most() -> i32 2147483647
;= least() -> i32 -2147483648
;= bits() -> i32 -559038737

func zero() -> i32 {
    i32.const 0
    return
}

func minus_one() -> i32 {
    i32.const -1
    return
}

func one_byte() -> i32 {
    i32.const 63
    return
}

func two_bytes() -> i32 {
    i32.const 64
    return
}

func low_byte() -> i32 {
    i32.const -64
    return
}

func low_bytes() -> i32 {
    i32.const -65
    return
}

func most() -> i32 {
    i32.const 2147483647
    return
}

func least() -> i32 {
    i32.const -2147483648
    return
}

func bits() -> i32 {
    i32.const 0xdeadbeef
    return
}
