;limits memory 1048576 stack 4096
; from 65536
;= grow(i64 65536) -> i64 65536
;= grow(i64 131072) -> i64 131072
;= grow(i64 65535) -> i64 -1
;= grow(i64 0) -> i64 -1
;= grow(i64 -1) -> i64 -1
;= grow(i64 1099511627776) -> i64 -1
;= grow(i64 9223372036854775807) -> i64 -1
;= grow(i64 -9223372036854775808) -> i64 -1
;= size_after(i64 131072) -> i64 131072
;= size_after(i64 1099511627776) -> i64 65536
;= size_after(i64 -1) -> i64 65536
;= keeps() -> i64 5
;= new_bytes_are_zero() -> i64 0

features privileged

func grow(i64) -> i64 {
    i64.const 65536
    memory.grow
    prim.drop
    local.get 0
    memory.grow
    return
}

func size_after(i64) -> i64 {
    local.get 0
    call grow
    prim.drop
    memory.size
    return
}

func keeps() -> i64 {
    i64.const 65536
    memory.grow
    prim.drop
    i64.const 65528
    i64.const 5
    i64.store
    i64.const 131072
    memory.grow
    prim.drop
    i64.const 65528
    i64.load
    return
}

func new_bytes_are_zero() -> i64 {
    i64.const 131072
    call grow
    i64.const 8
    i64.sub
    i64.load
    return
}
