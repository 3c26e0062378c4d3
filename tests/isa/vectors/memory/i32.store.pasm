;limits memory 1048576 stack 4096
; what the eight bytes at 16, which are 80 91 a2 b3 c4 d5 e6 f7, give afterwards
;= store(i64 16, i32 0x12345678) -> i64 0xf7e6d5c412345678
;= store(i64 18, i32 0x12345678) -> i64 0xf7e6123456789180
;= store(i64 22, i32 0x12345678) -> i64 0x5678d5c4b3a29180
;= store(i64 65532, i32 1) -> i64 0xf7e6d5c4b3a29180
;= store(i64 65533, i32 1) -> trap memory-out-of-bounds
;= store(i64 -4, i32 1) -> trap memory-out-of-bounds

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

func store(i64, i32) -> i64 {
    call ready
    local.get 0
    local.get 1
    i32.store
    i64.const 16
    i64.load
    return
}
