; however a NaN comes about, its bits are those of the one NaN
;= from_bits(i32 0xffc00000) -> i32 0x7fc00000
;= from_bits(i32 0x7f800001) -> i32 0x7fc00000
;= from_bits(i32 -1) -> i32 0x7fc00000
;= negated() -> i32 0x7fc00000
;= quotient(f32 0.0, f32 0.0) -> i32 0x7fc00000
;= quotient(f32 inf, f32 -inf) -> i32 0x7fc00000
;= product(f32 0.0, f32 -inf) -> i32 0x7fc00000
;= root(f32 -1.0) -> i32 0x7fc00000
;= through_array(i32 0xffc00000) -> i32 0x7fc00000

func from_bits(i32) -> i32 {
    local.get 0
    f32.from_bits_i32
    i32.bits_f32
    return
}

func negated() -> i32 {
    f32.const nan
    f32.neg
    i32.bits_f32
    return
}

func quotient(f32, f32) -> i32 {
    local.get 0
    local.get 1
    f32.div
    i32.bits_f32
    return
}

func product(f32, f32) -> i32 {
    local.get 0
    local.get 1
    f32.mul
    i32.bits_f32
    return
}

func root(f32) -> i32 {
    local.get 0
    f32.sqrt
    i32.bits_f32
    return
}

func through_array(i32) -> i32 {
    .local ref array f32
    i64.const 1
    array.new f32
    local.set 1
    local.get 1
    i64.const 0
    local.get 0
    f32.from_bits_i32
    array.set f32
    local.get 1
    i64.const 0
    array.get f32
    i32.bits_f32
    return
}
