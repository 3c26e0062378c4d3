;= main(i32 1, i64 2) -> i32 1
;= refs_stay(f64 1.0) -> i64 2

func main(i32, i64) -> i32 {
    local.get 0
    local.get 1
    prim.drop
    return
}

func refs_stay(f64) -> i64 {
    string.const "ab"
    local.get 0
    prim.drop
    string.size
    return
}
