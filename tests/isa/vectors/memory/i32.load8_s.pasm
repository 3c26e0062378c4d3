;limits memory 1048576 stack 4096
; the eight bytes at 16 are 80 91 a2 b3 c4 d5 e6 f7
;= at(i64 16) -> i32 -128
;= at(i64 17) -> i32 -111
;= at(i64 24) -> i32 0
;= at(i64 65535) -> i32 0
;= at(i64 65536) -> trap memory-out-of-bounds
;= at(i64 -1) -> trap memory-out-of-bounds
;= at(i64 4294967312) -> trap memory-out-of-bounds

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
    i32.load8_s
    return
}
