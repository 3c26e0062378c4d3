;= i32s(i32 1, i32 2, i32 1) -> i32 1
;= i32s(i32 1, i32 2, i32 0) -> i32 2
;= i32s(i32 1, i32 2, i32 -1) -> i32 1
;= i32s(i32 1, i32 2, i32 0x80000000) -> i32 1
;= i32s(i32 1, i32 2, i32 256) -> i32 1
;= i64s(i64 -9223372036854775808, i64 5, i32 1) -> i64 -9223372036854775808
;= i64s(i64 -9223372036854775808, i64 5, i32 0) -> i64 5
;= f32s(f32 nan, f32 -0.0, i32 1) -> f32 nan
;= f32s(f32 nan, f32 -0.0, i32 0) -> f32 -0.0
;= f64s(f64 inf, f64 0x1p-1074, i32 2) -> f64 inf
;= f64s(f64 inf, f64 0x1p-1074, i32 0) -> f64 0x1p-1074

func i32s(i32, i32, i32) -> i32 {
    local.get 0
    local.get 1
    local.get 2
    prim.select
    return
}

func i64s(i64, i64, i32) -> i64 {
    local.get 0
    local.get 1
    local.get 2
    prim.select
    return
}

func f32s(f32, f32, i32) -> f32 {
    local.get 0
    local.get 1
    local.get 2
    prim.select
    return
}

func f64s(f64, f64, i32) -> f64 {
    local.get 0
    local.get 1
    local.get 2
    prim.select
    return
}
