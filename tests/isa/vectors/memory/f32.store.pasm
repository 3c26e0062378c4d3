;limits memory 1048576 stack 4096
; what the eight bytes at 16, which are 80 91 a2 b3 c4 d5 e6 f7, give afterwards
;= store(i64 16, f32 1.0) -> i64 0xf7e6d5c43f800000
;= store(i64 16, f32 -0.0) -> i64 0xf7e6d5c480000000
;= store(i64 20, f32 nan) -> i64 0x7fc00000b3a29180
;= store(i64 17, f32 0x1p-149) -> i64 0xf7e6d50000000180
;= store(i64 65532, f32 1.0) -> i64 0xf7e6d5c4b3a29180
;= store(i64 65533, f32 1.0) -> trap memory-out-of-bounds
;= store(i64 -4, f32 1.0) -> trap memory-out-of-bounds

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

func store(i64, f32) -> i64 {
    call ready
    local.get 0
    local.get 1
    f32.store
    i64.const 16
    i64.load
    return
}
