;limits memory 1048576 stack 4096
; 1.0 at 0, -0.0 at 4, a signalling NaN at 8, the least denormal at 12
;= at(i64 0) -> f32 1.0
;= at(i64 4) -> f32 -0.0
;= at(i64 8) -> f32 nan
;= at(i64 12) -> f32 0x1p-149
;= at(i64 1) -> f32 0x1.fcp-128
;= at(i64 65532) -> f32 0.0
;= at(i64 65533) -> trap memory-out-of-bounds
;= at(i64 -4) -> trap memory-out-of-bounds
;= bits(i64 8) -> i32 0x7fc00000

features privileged

func ready() {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 0
    i32.const 0x3f800000
    i32.store
    i64.const 4
    i32.const 0x80000000
    i32.store
    i64.const 8
    i32.const 0x7f800001
    i32.store
    i64.const 12
    i32.const 1
    i32.store
    return
}

func at(i64) -> f32 {
    call ready
    local.get 0
    f32.load
    return
}

func bits(i64) -> i32 {
    local.get 0
    call at
    i32.bits_f32
    return
}
