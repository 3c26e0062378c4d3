;limits memory 1048576 stack 4096
; the eight bytes at 16 are 80 91 a2 b3 c4 d5 e6 f7
;= at_16(i64 17, i32 0x55, i64 3) -> i64 0xf7e6d5c455555580
;= at_16(i64 17, i32 0x12345, i64 1) -> i64 0xf7e6d5c4b3a24580
;= at_16(i64 16, i32 -1, i64 8) -> i64 -1
;= at_16(i64 16, i32 -1, i64 0) -> i64 0xf7e6d5c4b3a29180
;= at_16(i64 65536, i32 1, i64 0) -> i64 0xf7e6d5c4b3a29180
;= at_16(i64 65535, i32 1, i64 1) -> i64 0xf7e6d5c4b3a29180
;= at_16(i64 65535, i32 1, i64 2) -> trap memory-out-of-bounds
;= at_16(i64 65537, i32 1, i64 0) -> trap memory-out-of-bounds
;= at_16(i64 -1, i32 1, i64 1) -> trap memory-out-of-bounds
;= at_16(i64 16, i32 1, i64 -1) -> trap memory-out-of-bounds
;= at_16(i64 16, i32 1, i64 9223372036854775807) -> trap memory-out-of-bounds

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

func at_16(i64, i32, i64) -> i64 {
    call ready
    local.get 0
    local.get 1
    local.get 2
    memory.fill
    i64.const 16
    i64.load
    return
}
