; however a NaN comes about, its bits are those of the one NaN
;= from_bits(i64 0xfff8000000000000) -> i64 0x7ff8000000000000
;= from_bits(i64 0x7ff0000000000001) -> i64 0x7ff8000000000000
;= from_bits(i64 -1) -> i64 0x7ff8000000000000
;= negated() -> i64 0x7ff8000000000000
;= quotient(f64 0.0, f64 0.0) -> i64 0x7ff8000000000000
;= quotient(f64 inf, f64 -inf) -> i64 0x7ff8000000000000
;= product(f64 0.0, f64 -inf) -> i64 0x7ff8000000000000
;= root(f64 -1.0) -> i64 0x7ff8000000000000
;= through_array(i64 0xfff8000000000000) -> i64 0x7ff8000000000000

func from_bits(i64) -> i64 {
    local.get 0
    f64.from_bits_i64
    i64.bits_f64
    return
}

func negated() -> i64 {
    f64.const nan
    f64.neg
    i64.bits_f64
    return
}

func quotient(f64, f64) -> i64 {
    local.get 0
    local.get 1
    f64.div
    i64.bits_f64
    return
}

func product(f64, f64) -> i64 {
    local.get 0
    local.get 1
    f64.mul
    i64.bits_f64
    return
}

func root(f64) -> i64 {
    local.get 0
    f64.sqrt
    i64.bits_f64
    return
}

func through_array(i64) -> i64 {
    .local ref array f64
    i64.const 1
    array.new f64
    local.set 1
    local.get 1
    i64.const 0
    local.get 0
    f64.from_bits_i64
    array.set f64
    local.get 1
    i64.const 0
    array.get f64
    i64.bits_f64
    return
}
