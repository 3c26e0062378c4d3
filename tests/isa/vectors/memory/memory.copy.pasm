;limits memory 1048576 stack 4096
; the eight bytes at 16 are 80 91 a2 b3 c4 d5 e6 f7; what is at 16 and 32 afterwards
;= at_16(i64 17, i64 16, i64 4) -> i64 0xf7e6d5b3a2918080
;= at_16(i64 16, i64 17, i64 4) -> i64 0xf7e6d5c4c4b3a291
;= at_16(i64 16, i64 16, i64 8) -> i64 0xf7e6d5c4b3a29180
;= at_16(i64 16, i64 64, i64 0) -> i64 0xf7e6d5c4b3a29180
;= at_32(i64 32, i64 16, i64 8) -> i64 0xf7e6d5c4b3a29180
;= at_32(i64 33, i64 16, i64 2) -> i64 0x0000000000918000
;= at_32(i64 65536, i64 65536, i64 0) -> i64 0
;= at_32(i64 0, i64 65528, i64 8) -> i64 0
;= at_32(i64 0, i64 65529, i64 8) -> trap memory-out-of-bounds
;= at_32(i64 65529, i64 0, i64 8) -> trap memory-out-of-bounds
;= at_32(i64 65537, i64 0, i64 0) -> trap memory-out-of-bounds
;= at_32(i64 0, i64 65537, i64 0) -> trap memory-out-of-bounds
;= at_32(i64 -1, i64 0, i64 1) -> trap memory-out-of-bounds
;= at_32(i64 0, i64 -1, i64 1) -> trap memory-out-of-bounds
;= at_32(i64 0, i64 16, i64 -1) -> trap memory-out-of-bounds
;= at_32(i64 16, i64 0, i64 9223372036854775807) -> trap memory-out-of-bounds

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

func at_16(i64, i64, i64) -> i64 {
    call ready
    local.get 0
    local.get 1
    local.get 2
    memory.copy
    i64.const 16
    i64.load
    return
}

func at_32(i64, i64, i64) -> i64 {
    call ready
    local.get 0
    local.get 1
    local.get 2
    memory.copy
    i64.const 32
    i64.load
    return
}
