; a NaN that hardware gives a sign counts as positive
;= negative_bits(f64 -1.5) -> f64 1.5
;= negated(f64 -1.5) -> f64 1.5
;= zero_by_zero(f64 -1.5) -> f64 1.5
;= infinity_minus_itself(f64 -1.5) -> f64 1.5
;= magnitude() -> i64 0x7ff8000000000000

func negative_bits(f64) -> f64 {
    local.get 0
    i64.const 0xfff8000000000000
    f64.from_bits_i64
    f64.copysign
    return
}

func negated(f64) -> f64 {
    local.get 0
    f64.const nan
    f64.neg
    f64.copysign
    return
}

func zero_by_zero(f64) -> f64 {
    local.get 0
    f64.const 0.0
    f64.const 0.0
    f64.div
    f64.copysign
    return
}

func infinity_minus_itself(f64) -> f64 {
    local.get 0
    f64.const inf
    f64.const inf
    f64.sub
    f64.copysign
    return
}

func magnitude() -> i64 {
    f64.const nan
    f64.const -1.0
    f64.copysign
    i64.bits_f64
    return
}
