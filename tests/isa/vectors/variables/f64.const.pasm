;= zero() -> f64 0.0
;= minus_zero() -> f64 -0.0
;= tenth() -> f64 0x1.999999999999ap-4
;= least() -> f64 0x1p-1074
;= most() -> f64 0x1.fffffffffffffp+1023
;= infinite() -> f64 inf
;= not_a_number() -> f64 nan
;= nan_bits() -> i64 0x7ff8000000000000

func zero() -> f64 {
    f64.const 0.0
    return
}

func minus_zero() -> f64 {
    f64.const -0.0
    return
}

func tenth() -> f64 {
    f64.const 0.1
    return
}

func least() -> f64 {
    f64.const 0x1p-1074
    return
}

func most() -> f64 {
    f64.const 0x1.fffffffffffffp+1023
    return
}

func infinite() -> f64 {
    f64.const inf
    return
}

func not_a_number() -> f64 {
    f64.const nan
    return
}

func nan_bits() -> i64 {
    f64.const nan
    i64.bits_f64
    return
}
