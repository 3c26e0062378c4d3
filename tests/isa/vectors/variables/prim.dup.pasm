;= i32s(i32 21) -> i32 42
;= i64s(i64 -3) -> i64 9
;= f32s(f32 1.5) -> f32 3.0
;= f64s(f64 nan) -> f64 nan
;= below(i32 1, i32 2) -> i32 5

func i32s(i32) -> i32 {
    local.get 0
    prim.dup
    i32.add
    return
}

func i64s(i64) -> i64 {
    local.get 0
    prim.dup
    i64.mul
    return
}

func f32s(f32) -> f32 {
    local.get 0
    prim.dup
    f32.add
    return
}

func f64s(f64) -> f64 {
    local.get 0
    prim.dup
    prim.drop
    return
}

func below(i32, i32) -> i32 {
    local.get 0
    local.get 1
    prim.dup
    i32.add
    i32.add
    return
}
