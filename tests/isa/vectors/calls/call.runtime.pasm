;= joined() -> i64 5
;= equal() -> i32 1
;= remainder(f64 -7.5, f64 2.0) -> f64 -1.5
;= slice(i64 1, i64 3) -> i64 2
;= slice(i64 0, i64 4) -> i64 4
;= slice(i64 4, i64 4) -> i64 0
;= slice(i64 0, i64 5) -> trap index-out-of-bounds
;= slice(i64 -1, i64 2) -> trap index-out-of-bounds
;= slice(i64 3, i64 1) -> trap index-out-of-bounds
;= middle() -> trap invalid-utf8
;= char(i32 0x20ac) -> i64 3
;= char(i32 0xd800) -> trap invalid-conversion
;= char(i32 -1) -> trap invalid-conversion
;= char(i32 0x110000) -> trap invalid-conversion
;= char(i32 0x10ffff) -> i64 4
;= number() -> f64 0x1.999999999999ap-4
;= no_number() -> trap invalid-argument

import runtime string.concat(ref string, ref string) -> ref string
import runtime string.equals(ref string, ref string) -> i32
import runtime string.slice(ref string, i64, i64) -> ref string
import runtime string.from_char(i32) -> ref string
import runtime string.parse_f64(ref string) -> f64
import runtime f64.remainder(f64, f64) -> f64

func joined() -> i64 {
    string.const "ab"
    string.const "cde"
    call.runtime string.concat
    string.size
    return
}

func equal() -> i32 {
    string.const "ab"
    string.const "c"
    call.runtime string.concat
    string.const "abc"
    call.runtime string.equals
    return
}

func remainder(f64, f64) -> f64 {
    local.get 0
    local.get 1
    call.runtime f64.remainder
    return
}

func slice(i64, i64) -> i64 {
    string.const "abcd"
    local.get 0
    local.get 1
    call.runtime string.slice
    string.size
    return
}

; U+00E4 has two bytes: 1 is no boundary
func middle() -> i64 {
    string.const "\u{e4}"
    i64.const 0
    i64.const 1
    call.runtime string.slice
    string.size
    return
}

func char(i32) -> i64 {
    local.get 0
    call.runtime string.from_char
    string.size
    return
}

func number() -> f64 {
    string.const "0.1"
    call.runtime string.parse_f64
    return
}

func no_number() -> f64 {
    string.const "0.1x"
    call.runtime string.parse_f64
    return
}
