; the digits of the target after a copy from another array (12345 into 00000), or within 12345 itself
;= between(i64 0, i64 0, i64 5) -> i64 12345
;= between(i64 1, i64 2, i64 3) -> i64 3450
;= between(i64 0, i64 3, i64 2) -> i64 45000
;= between(i64 5, i64 5, i64 0) -> i64 0
;= between(i64 0, i64 5, i64 0) -> i64 0
;= between(i64 0, i64 0, i64 6) -> trap index-out-of-bounds
;= between(i64 1, i64 0, i64 5) -> trap index-out-of-bounds
;= between(i64 0, i64 1, i64 5) -> trap index-out-of-bounds
;= between(i64 6, i64 0, i64 0) -> trap index-out-of-bounds
;= between(i64 0, i64 6, i64 0) -> trap index-out-of-bounds
;= between(i64 -1, i64 0, i64 1) -> trap index-out-of-bounds
;= between(i64 0, i64 -1, i64 1) -> trap index-out-of-bounds
;= between(i64 0, i64 0, i64 -1) -> trap index-out-of-bounds
;= between(i64 3, i64 3, i64 -1) -> trap index-out-of-bounds
;= between(i64 1, i64 0, i64 9223372036854775807) -> trap index-out-of-bounds
;= between(i64 9223372036854775807, i64 0, i64 2) -> trap index-out-of-bounds
;= between(i64 -9223372036854775808, i64 0, i64 -9223372036854775808) -> trap index-out-of-bounds
;= within(i64 0, i64 1, i64 4) -> i64 23455
;= within(i64 1, i64 0, i64 4) -> i64 11234
;= within(i64 2, i64 0, i64 3) -> i64 12123
;= within(i64 0, i64 0, i64 5) -> i64 12345
;= within(i64 3, i64 0, i64 2) -> i64 12312
;= references() -> i32 1
;= floats() -> f32 nan

func digits() -> ref array u8 {
    .local ref array u8, i64
    i64.const 5
    array.new u8
    local.set 0
    i64.const 0
    local.set 1
@again:
    local.get 0
    local.get 1
    local.get 1
    i64.const 1
    i64.add
    local.tee 1
    i32.wrap_i64
    array.set u8
    local.get 1
    i64.const 5
    i64.lt_s
    branch.if @again
    local.get 0
    return
}

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

; at, start, count
func between(i64, i64, i64) -> i64 {
    .local ref array u8
    i64.const 5
    array.new u8
    local.set 3
    local.get 3
    local.get 0
    call digits
    local.get 1
    local.get 2
    array.copy u8
    local.get 3
    call number
    return
}

func within(i64, i64, i64) -> i64 {
    .local ref array u8
    call digits
    local.set 3
    local.get 3
    local.get 0
    local.get 3
    local.get 1
    local.get 2
    array.copy u8
    local.get 3
    call number
    return
}

func references() -> i32 {
    .local ref array ref, ref array ref
    i64.const 2
    array.new ref
    local.set 0
    i64.const 2
    array.new ref
    local.set 1
    local.get 0
    i64.const 1
    string.const "a"
    array.set ref
    local.get 1
    i64.const 0
    local.get 0
    i64.const 1
    i64.const 1
    array.copy ref
    local.get 1
    i64.const 0
    array.get ref
    string.const "a"
    ref.eq
    return
}

func floats() -> f32 {
    .local ref array f32
    i64.const 2
    array.new f32
    local.set 0
    local.get 0
    i64.const 0
    f32.const nan
    array.set f32
    local.get 0
    i64.const 1
    local.get 0
    i64.const 0
    i64.const 1
    array.copy f32
    local.get 0
    i64.const 1
    array.get f32
    return
}
