;= stored(i64 5) -> i64 10
;= float(f32 nan) -> f32 nan
;= reference() -> i32 1

func stored(i64) -> i64 {
    .local i64
    local.get 0
    local.tee 1
    local.get 1
    i64.add
    return
}

func float(f32) -> f32 {
    .local f32
    local.get 0
    local.tee 1
    prim.drop
    local.get 1
    return
}

func reference() -> i32 {
    .local ref string
    string.const "ab"
    local.tee 0
    local.get 0
    ref.eq
    return
}
