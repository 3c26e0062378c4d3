;= bytes(i64 0) -> i64 0
;= bytes(i64 70000) -> i64 70000
;= refs(i64 3) -> i64 3
;= doubles(i64 5) -> i64 5

func bytes(i64) -> i64 {
    local.get 0
    array.new u8
    array.size
    return
}

func refs(i64) -> i64 {
    local.get 0
    array.new ref
    array.size
    return
}

func doubles(i64) -> i64 {
    local.get 0
    array.new f64
    array.size
    return
}
