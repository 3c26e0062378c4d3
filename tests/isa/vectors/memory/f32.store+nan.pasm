;limits memory 1048576 stack 4096
; whatever bits a NaN came from, those of the one NaN are stored
;= store(i32 0xffc00000) -> i32 0x7fc00000
;= store(i32 0x7f800001) -> i32 0x7fc00000
;= store(i32 -1) -> i32 0x7fc00000
;= quotient(f32 0.0, f32 -0.0) -> i32 0x7fc00000

features privileged

func store(i32) -> i32 {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 16
    local.get 0
    f32.from_bits_i32
    f32.store
    i64.const 16
    i32.load
    return
}

func quotient(f32, f32) -> i32 {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 16
    local.get 0
    local.get 1
    f32.div
    f32.store
    i64.const 16
    i32.load
    return
}
