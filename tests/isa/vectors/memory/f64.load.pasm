;limits memory 1048576 stack 4096
; 1.0 at 0, -0.0 at 8, a signalling NaN at 16, the least denormal at 24
;= at(i64 0) -> f64 1.0
;= at(i64 8) -> f64 -0.0
;= at(i64 16) -> f64 nan
;= at(i64 24) -> f64 0x1p-1074
;= at(i64 1) -> f64 0x1.ffp-1020
;= at(i64 65528) -> f64 0.0
;= at(i64 65529) -> trap memory-out-of-bounds
;= at(i64 -8) -> trap memory-out-of-bounds
;= bits(i64 16) -> i64 0x7ff8000000000000

features privileged

func ready() {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 0
    i64.const 0x3ff0000000000000
    i64.store
    i64.const 8
    i64.const 0x8000000000000000
    i64.store
    i64.const 16
    i64.const 0x7ff0000000000001
    i64.store
    i64.const 24
    i64.const 1
    i64.store
    return
}

func at(i64) -> f64 {
    call ready
    local.get 0
    f64.load
    return
}

func bits(i64) -> i64 {
    local.get 0
    call at
    i64.bits_f64
    return
}
