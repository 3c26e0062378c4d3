;limits memory 1048576 stack 4096
; the eight bytes at 16 are 80 91 a2 b3 c4 d5 e6 f7
;= at(i64 16) -> i32 37248
;= at(i64 17) -> i32 41617
;= at(i64 15) -> i32 0x8000
;= at(i64 65534) -> i32 0
;= at(i64 65535) -> trap memory-out-of-bounds
;= at(i64 -1) -> trap memory-out-of-bounds

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
    i32.load16_u
    return
}
