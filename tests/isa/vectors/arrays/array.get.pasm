;= at(i64 0) -> i64 10
;= at(i64 2) -> i64 30
;= at(i64 3) -> trap index-out-of-bounds
;= at(i64 -1) -> trap index-out-of-bounds
;= at(i64 4294967296) -> trap index-out-of-bounds
;= at(i64 9223372036854775807) -> trap index-out-of-bounds
;= at(i64 -9223372036854775808) -> trap index-out-of-bounds
;= empty() -> trap index-out-of-bounds
;= bools(i32 1) -> i32 1
;= i8s(i32 255) -> i32 -1
;= u8s(i32 255) -> i32 255
;= i16s(i32 32768) -> i32 -32768
;= u16s(i32 32768) -> i32 32768
;= i32s(i32 -1) -> i32 -1
;= u32s(i32 -1) -> i32 -1
;= chars(i32 0x10ffff) -> i32 1114111
;= i64s(i64 -9223372036854775808) -> i64 -9223372036854775808
;= u64s(i64 -1) -> i64 -1
;= f32s(f32 nan) -> f32 nan
;= f64s(f64 -0.0) -> f64 -0.0
;= refs() -> i32 1

func at(i64) -> i64 {
    .local ref array i64
    i64.const 3
    array.new i64
    local.set 1
    local.get 1
    i64.const 0
    i64.const 10
    array.set i64
    local.get 1
    i64.const 2
    i64.const 30
    array.set i64
    local.get 1
    local.get 0
    array.get i64
    return
}

func empty() -> i32 {
    i64.const 0
    array.new u8
    i64.const 0
    array.get u8
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

func refs() -> i32 {
    .local ref array ref
    i64.const 3
    array.new ref
    local.set 0
    local.get 0
    i64.const 1
    string.const "a"
    array.set ref
    local.get 0
    i64.const 1
    array.get ref
    string.const "a"
    ref.eq
    return
}
