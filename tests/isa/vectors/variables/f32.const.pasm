;= zero() -> f32 0.0
;= minus_zero() -> f32 -0.0
;= tenth() -> f32 0x1.99999ap-4
;= least() -> f32 0x1p-149
;= most() -> f32 0x1.fffffep+127
;= infinite() -> f32 -inf
;= not_a_number() -> f32 nan
;= nan_bits() -> i32 0x7fc00000

func zero() -> f32 {
    f32.const 0.0
    return
}

func minus_zero() -> f32 {
    f32.const -0.0
    return
}

func tenth() -> f32 {
    f32.const 0.1
    return
}

func least() -> f32 {
    f32.const 0x1p-149
    return
}

func most() -> f32 {
    f32.const 0x1.fffffep+127
    return
}

func infinite() -> f32 {
    f32.const -inf
    return
}

func not_a_number() -> f32 {
    f32.const nan
    return
}

func nan_bits() -> i32 {
    f32.const nan
    i32.bits_f32
    return
}
