;= main() -> i64 1
;= prims_stay(i64 4) -> i64 4

func main() -> i64 {
    string.const "a"
    string.const "bc"
    ref.drop
    string.size
    return
}

func prims_stay(i64) -> i64 {
    local.get 0
    ref.null
    ref.drop
    return
}
