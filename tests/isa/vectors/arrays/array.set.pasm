; elements 0, 1, 2 of four are 1, 2, 3; the sum tells what a store changed
;= sum_after(i64 0, i64 100) -> i64 105
;= sum_after(i64 3, i64 100) -> i64 106
;= sum_after(i64 4, i64 100) -> trap index-out-of-bounds
;= sum_after(i64 -1, i64 100) -> trap index-out-of-bounds
;= sum_after(i64 4294967296, i64 100) -> trap index-out-of-bounds
;= sum_after(i64 9223372036854775807, i64 100) -> trap index-out-of-bounds
;= sum_after(i64 -9223372036854775808, i64 100) -> trap index-out-of-bounds
;= neighbours(i32 -1) -> i32 3
;= bools(i32 0) -> i32 0
;= bools(i32 1) -> i32 1
;= bools(i32 256) -> i32 0
;= i8s(i32 0x17f) -> i32 127
;= i8s(i32 0x80) -> i32 -128
;= u8s(i32 -1) -> i32 255
;= u8s(i32 256) -> i32 0
;= i16s(i32 0x1ffff) -> i32 -1
;= u16s(i32 -1) -> i32 65535
;= i32s(i32 0x80000000) -> i32 -2147483648
;= u32s(i32 0x80000000) -> i32 -2147483648
;= chars(i32 65) -> i32 65
;= i64s(i64 9223372036854775807) -> i64 9223372036854775807
;= u64s(i64 -9223372036854775808) -> i64 -9223372036854775808
;= f32s(f32 0x1p-149) -> f32 0x1p-149
;= f64s(f64 nan) -> f64 nan
;= to_null() -> i32 1

func fresh() -> ref array i64 {
    .local ref array i64
    i64.const 4
    array.new i64
    local.set 0
    local.get 0
    i64.const 0
    i64.const 1
    array.set i64
    local.get 0
    i64.const 1
    i64.const 2
    array.set i64
    local.get 0
    i64.const 2
    i64.const 3
    array.set i64
    local.get 0
    return
}

func sum(ref array i64) -> i64 {
    local.get 0
    i64.const 0
    array.get i64
    local.get 0
    i64.const 1
    array.get i64
    local.get 0
    i64.const 2
    array.get i64
    local.get 0
    i64.const 3
    array.get i64
    i64.add
    i64.add
    i64.add
    return
}

func sum_after(i64, i64) -> i64 {
    .local ref array i64
    call fresh
    local.set 2
    local.get 2
    local.get 0
    local.get 1
    array.set i64
    local.get 2
    call sum
    return
}

; bytes 0 and 2 are 1 and 2, byte 1 is set
func neighbours(i32) -> i32 {
    .local ref array u8
    i64.const 3
    array.new u8
    local.set 1
    local.get 1
    i64.const 0
    i32.const 1
    array.set u8
    local.get 1
    i64.const 2
    i32.const 2
    array.set u8
    local.get 1
    i64.const 1
    local.get 0
    array.set u8
    local.get 1
    i64.const 0
    array.get u8
    local.get 1
    i64.const 2
    array.get u8
    i32.add
    return
}

func bools(i32) -> i32 {
    .local ref array bool
    i64.const 3
    array.new bool
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set bool
    local.get 1
    i64.const 1
    array.get bool
    return
}

func i8s(i32) -> i32 {
    .local ref array i8
    i64.const 3
    array.new i8
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set i8
    local.get 1
    i64.const 1
    array.get i8
    return
}

func u8s(i32) -> i32 {
    .local ref array u8
    i64.const 3
    array.new u8
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set u8
    local.get 1
    i64.const 1
    array.get u8
    return
}

func i16s(i32) -> i32 {
    .local ref array i16
    i64.const 3
    array.new i16
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set i16
    local.get 1
    i64.const 1
    array.get i16
    return
}

func u16s(i32) -> i32 {
    .local ref array u16
    i64.const 3
    array.new u16
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set u16
    local.get 1
    i64.const 1
    array.get u16
    return
}

func i32s(i32) -> i32 {
    .local ref array i32
    i64.const 3
    array.new i32
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set i32
    local.get 1
    i64.const 1
    array.get i32
    return
}

func u32s(i32) -> i32 {
    .local ref array u32
    i64.const 3
    array.new u32
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set u32
    local.get 1
    i64.const 1
    array.get u32
    return
}

func chars(i32) -> i32 {
    .local ref array char
    i64.const 3
    array.new char
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set char
    local.get 1
    i64.const 1
    array.get char
    return
}

func i64s(i64) -> i64 {
    .local ref array i64
    i64.const 3
    array.new i64
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set i64
    local.get 1
    i64.const 1
    array.get i64
    return
}

func u64s(i64) -> i64 {
    .local ref array u64
    i64.const 3
    array.new u64
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set u64
    local.get 1
    i64.const 1
    array.get u64
    return
}

func f32s(f32) -> f32 {
    .local ref array f32
    i64.const 3
    array.new f32
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set f32
    local.get 1
    i64.const 1
    array.get f32
    return
}

func f64s(f64) -> f64 {
    .local ref array f64
    i64.const 3
    array.new f64
    local.set 1
    local.get 1
    i64.const 1
    local.get 0
    array.set f64
    local.get 1
    i64.const 1
    array.get f64
    return
}

func to_null() -> i32 {
    .local ref array ref
    i64.const 1
    array.new ref
    local.set 0
    local.get 0
    i64.const 0
    string.const "a"
    array.set ref
    local.get 0
    i64.const 0
    ref.null
    array.set ref
    local.get 0
    i64.const 0
    array.get ref
    ref.is_null
    return
}
