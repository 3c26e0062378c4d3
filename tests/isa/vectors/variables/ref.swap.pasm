;= sizes() -> i64 21
;= types() -> i64 2
;= across_prims(i64 9) -> i64 1

func sizes() -> i64 {
    string.const "a"
    string.const "bc"
    ref.swap
    string.size
    string.size
    i64.const 10
    i64.mul
    i64.add
    return
}

; a string above null, then null above the string
func types() -> i64 {
    ref.null
    string.const "bc"
    ref.swap
    ref.drop
    string.size
    return
}

func across_prims(i64) -> i64 {
    string.const "a"
    local.get 0
    string.const "bc"
    prim.drop
    ref.swap
    string.size
    ref.drop
    return
}
