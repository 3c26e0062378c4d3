;= first(i32 7, i64 8) -> i32 7
;= second(i32 7, i64 -9223372036854775808) -> i64 -9223372036854775808
;= f32s(f32 nan) -> f32 nan
;= f64s(f64 -0.0) -> f64 -0.0
;= reference() -> i64 3
;= twice(i64 5) -> i64 10
;= far(i64 5) -> i64 5

func first(i32, i64) -> i32 {
    local.get 0
    return
}

func second(i32, i64) -> i64 {
    local.get 1
    return
}

func f32s(f32) -> f32 {
    local.get 0
    return
}

func f64s(f64) -> f64 {
    local.get 0
    return
}

func size(ref string) -> i64 {
    local.get 0
    string.size
    return
}

func reference() -> i64 {
    string.const "abc"
    call size
    return
}

func twice(i64) -> i64 {
    local.get 0
    local.get 0
    i64.add
    return
}

; the index needs two bytes
func far(i64) -> i64 {
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    local.get 0
    local.set 140
    local.get 140
    return
}
