;= same(i64 7, i64 2) -> i64 -5
;= mixed(i32 5, f64 0.5) -> i32 5
;= upper(i32 5, f64 0.5) -> f64 0.5
;= across_refs(i64 7, i64 2) -> i64 -5

func same(i64, i64) -> i64 {
    local.get 0
    local.get 1
    prim.swap
    i64.sub
    return
}

func mixed(i32, f64) -> i32 {
    local.get 0
    local.get 1
    prim.swap
    prim.swap
    prim.drop
    return
}

func upper(i32, f64) -> f64 {
    local.get 0
    local.get 1
    prim.swap
    prim.drop
    return
}

; a reference that was pushed between the two is on the other stack
func across_refs(i64, i64) -> i64 {
    local.get 0
    ref.null
    local.get 1
    prim.swap
    i64.sub
    ref.drop
    return
}
