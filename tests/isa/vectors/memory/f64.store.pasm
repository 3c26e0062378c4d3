;limits memory 1048576 stack 4096
; what the eight bytes at 16, which are 80 91 a2 b3 c4 d5 e6 f7, give afterwards
;= store(i64 16, f64 1.0) -> i64 0x3ff0000000000000
;= store(i64 16, f64 -0.0) -> i64 0x8000000000000000
;= store(i64 16, f64 nan) -> i64 0x7ff8000000000000
;= store(i64 20, f64 0x1p-1074) -> i64 0x00000001b3a29180
;= store(i64 65528, f64 1.0) -> i64 0xf7e6d5c4b3a29180
;= store(i64 65529, f64 1.0) -> trap memory-out-of-bounds
;= store(i64 -8, f64 1.0) -> trap memory-out-of-bounds

features privileged

func ready() {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 16
    i64.const 0xf7e6d5c4b3a29180
    i64.store
    return
}

func store(i64, f64) -> i64 {
    call ready
    local.get 0
    local.get 1
    f64.store
    i64.const 16
    i64.load
    return
}
