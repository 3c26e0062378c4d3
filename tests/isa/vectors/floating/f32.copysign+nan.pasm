; a NaN that hardware gives a sign counts as positive
;= negative_bits(f32 -1.5) -> f32 1.5
;= negated(f32 -1.5) -> f32 1.5
;= zero_by_zero(f32 -1.5) -> f32 1.5
;= infinity_minus_itself(f32 -1.5) -> f32 1.5
;= magnitude() -> i32 0x7fc00000

func negative_bits(f32) -> f32 {
    local.get 0
    i32.const 0xffc00000
    f32.from_bits_i32
    f32.copysign
    return
}

func negated(f32) -> f32 {
    local.get 0
    f32.const nan
    f32.neg
    f32.copysign
    return
}

func zero_by_zero(f32) -> f32 {
    local.get 0
    f32.const 0.0
    f32.const 0.0
    f32.div
    f32.copysign
    return
}

func infinity_minus_itself(f32) -> f32 {
    local.get 0
    f32.const inf
    f32.const inf
    f32.sub
    f32.copysign
    return
}

func magnitude() -> i32 {
    f32.const nan
    f32.const -1.0
    f32.copysign
    i32.bits_f32
    return
}
