;limits memory 1048576 stack 4096
; the eight bytes at 16 are 80 91 a2 b3 c4 d5 e6 f7
;= at(i64 16) -> i32 0xb3a29180
;= at(i64 17) -> i32 0xc4b3a291
;= at(i64 21) -> i32 0x00f7e6d5
;= at(i64 65532) -> i32 0
;= at(i64 65533) -> trap memory-out-of-bounds
;= at(i64 -4) -> trap memory-out-of-bounds
;= at(i64 9223372036854775807) -> trap memory-out-of-bounds

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

func at(i64) -> i32 {
    call ready
    local.get 0
    i32.load
    return
}
