;limits memory 65536 stack 4096
;= size(i64 0) -> i64 0
;= size(i64 1) -> i64 1
;= size(i64 100) -> i64 100
;= size(i64 -1) -> trap negative-size
;= size(i64 -9223372036854775808) -> trap negative-size
;= size(i64 2147483648) -> trap negative-size
;= size(i64 4294967296) -> trap negative-size
;= size(i64 9223372036854775807) -> trap negative-size
;= size(i64 2147483647) -> trap out-of-memory
;= size(i64 10000) -> trap out-of-memory
;= zeros(i64 7) -> i64 0
;= zero_float() -> f32 0.0
;= nulls() -> i32 1
;= bytes(i64 10000) -> i64 10000
;= new_each_time() -> i32 0

func size(i64) -> i64 {
    local.get 0
    array.new i64
    array.size
    return
}

func zeros(i64) -> i64 {
    i64.const 8
    array.new i64
    local.get 0
    array.get i64
    return
}

func zero_float() -> f32 {
    i64.const 2
    array.new f32
    i64.const 1
    array.get f32
    return
}

func nulls() -> i32 {
    i64.const 2
    array.new ref
    i64.const 1
    array.get ref
    ref.is_null
    return
}

func bytes(i64) -> i64 {
    local.get 0
    array.new u8
    array.size
    return
}

func new_each_time() -> i32 {
    i64.const 0
    array.new u8
    i64.const 0
    array.new u8
    ref.eq
    return
}
