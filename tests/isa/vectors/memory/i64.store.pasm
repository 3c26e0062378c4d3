;limits memory 1048576 stack 4096
; what the eight bytes at 16, which are 80 91 a2 b3 c4 d5 e6 f7, give afterwards
;= store(i64 16, i64 0x123456789abcdef0) -> i64 0x123456789abcdef0
;= store(i64 20, i64 0x123456789abcdef0) -> i64 0x9abcdef0b3a29180
;= store(i64 9, i64 0x0102030405060708) -> i64 0xf7e6d5c4b3a29101
;= store(i64 65528, i64 1) -> i64 0xf7e6d5c4b3a29180
;= store(i64 65529, i64 1) -> trap memory-out-of-bounds
;= store(i64 -8, i64 1) -> trap memory-out-of-bounds

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

func store(i64, i64) -> i64 {
    call ready
    local.get 0
    local.get 1
    i64.store
    i64.const 16
    i64.load
    return
}
