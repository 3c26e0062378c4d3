;limits memory 1048576 stack 4096
; whatever bits a NaN came from, those of the one NaN are stored
;= store(i64 0xfff8000000000000) -> i64 0x7ff8000000000000
;= store(i64 0x7ff0000000000001) -> i64 0x7ff8000000000000
;= store(i64 -1) -> i64 0x7ff8000000000000
;= quotient(f64 0.0, f64 -0.0) -> i64 0x7ff8000000000000

features privileged

func store(i64) -> i64 {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 16
    local.get 0
    f64.from_bits_i64
    f64.store
    i64.const 16
    i64.load
    return
}

func quotient(f64, f64) -> i64 {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 16
    local.get 0
    local.get 1
    f64.div
    f64.store
    i64.const 16
    i64.load
    return
}
