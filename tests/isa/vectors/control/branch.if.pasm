;= taken(i32 0) -> i32 10
;= taken(i32 1) -> i32 20
;= taken(i32 -1) -> i32 20
;= taken(i32 2) -> i32 20
;= taken(i32 0x80000000) -> i32 20
;= taken(i32 256) -> i32 20
;= keeps(i32 0) -> i64 8
;= keeps(i32 1) -> i64 3
;= count(i32 4) -> i32 4

func taken(i32) -> i32 {
    local.get 0
    branch.if @yes
    i32.const 10
    return
@yes:
    i32.const 20
    return
}

; the values below the condition stay, whichever way it goes
func keeps(i32) -> i64 {
    i64.const 3
    local.get 0
    branch.if @yes
    i64.const 5
    i64.add
    return
@yes [i64]:
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
    i32.lt_s
    branch.if @again
    local.get 1
    return
}
