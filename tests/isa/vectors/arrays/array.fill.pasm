; the digits of an array of five zeros after a fill
;= filled(i64 0, i64 5, i32 7) -> i64 77777
;= filled(i64 1, i64 3, i32 7) -> i64 7770
;= filled(i64 4, i64 1, i32 7) -> i64 7
;= filled(i64 0, i64 0, i32 7) -> i64 0
;= filled(i64 5, i64 0, i32 7) -> i64 0
;= filled(i64 2, i64 2, i32 0x102) -> i64 220
;= filled(i64 0, i64 6, i32 7) -> trap index-out-of-bounds
;= filled(i64 5, i64 1, i32 7) -> trap index-out-of-bounds
;= filled(i64 6, i64 0, i32 7) -> trap index-out-of-bounds
;= filled(i64 -1, i64 1, i32 7) -> trap index-out-of-bounds
;= filled(i64 0, i64 -1, i32 7) -> trap index-out-of-bounds
;= filled(i64 1, i64 9223372036854775807, i32 7) -> trap index-out-of-bounds
;= filled(i64 -9223372036854775808, i64 -9223372036854775808, i32 7) -> trap index-out-of-bounds
;= signed(i32 255) -> i32 -1
;= doubles(f64 -0.0) -> f64 -0.0
;= references() -> i32 1

func number(ref array u8) -> i64 {
    .local i64, i64
    i64.const 0
    local.set 1
    i64.const 0
    local.set 2
@again:
    local.get 1
    i64.const 10
    i64.mul
    local.get 0
    local.get 2
    array.get u8
    i64.extend_i32_u
    i64.add
    local.set 1
    local.get 2
    i64.const 1
    i64.add
    local.tee 2
    i64.const 5
    i64.lt_s
    branch.if @again
    local.get 1
    return
}

func filled(i64, i64, i32) -> i64 {
    .local ref array u8
    i64.const 5
    array.new u8
    local.set 3
    local.get 3
    local.get 0
    local.get 1
    local.get 2
    array.fill u8
    local.get 3
    call number
    return
}

func signed(i32) -> i32 {
    .local ref array i8
    i64.const 2
    array.new i8
    local.set 1
    local.get 1
    i64.const 1
    i64.const 1
    local.get 0
    array.fill i8
    local.get 1
    i64.const 1
    array.get i8
    return
}

func doubles(f64) -> f64 {
    .local ref array f64
    i64.const 3
    array.new f64
    local.set 1
    local.get 1
    i64.const 0
    i64.const 3
    local.get 0
    array.fill f64
    local.get 1
    i64.const 2
    array.get f64
    return
}

func references() -> i32 {
    .local ref array ref
    i64.const 3
    array.new ref
    local.set 0
    local.get 0
    i64.const 1
    i64.const 2
    string.const "a"
    array.fill ref
    local.get 0
    i64.const 2
    array.get ref
    string.const "a"
    ref.eq
    return
}
