;= taken(i32 0) -> i32 20
;= taken(i32 1) -> i32 10
;= taken(i32 -1) -> i32 10
;= taken(i32 0x80000000) -> i32 10
;= taken(i32 256) -> i32 10
;= keeps(i32 0) -> i64 3
;= keeps(i32 1) -> i64 8
;= count(i32 4) -> i32 4

func taken(i32) -> i32 {
    local.get 0
    branch.unless @zero
    i32.const 10
    return
@zero:
    i32.const 20
    return
}

func keeps(i32) -> i64 {
    i64.const 3
    local.get 0
    branch.unless @zero
    i64.const 5
    i64.add
    return
@zero [i64]:
    return
}

func count(i32) -> i32 {
    .local i32
    i32.const 0
    local.set 1
@again:
    local.get 1
    i32.const 1
    i32.add
    local.tee 1
    local.get 0
    i32.ge_s
    branch.unless @again
    local.get 1
    return
}
