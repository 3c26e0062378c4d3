; the last label is for everything else, negative numbers too
;= three(i32 0) -> i32 10
;= three(i32 1) -> i32 20
;= three(i32 2) -> i32 30
;= three(i32 3) -> i32 30
;= three(i32 -1) -> i32 30
;= three(i32 2147483647) -> i32 30
;= three(i32 0x80000000) -> i32 30
;= one(i32 0) -> i32 5
;= one(i32 1) -> i32 5
;= one(i32 -1) -> i32 5
;= same(i32 0) -> i32 1
;= same(i32 1) -> i32 2
;= same(i32 2) -> i32 1
;= keeps(i32 0) -> i64 7
;= keeps(i32 1) -> i64 8

func three(i32) -> i32 {
    local.get 0
    switch @a @b @c
@a:
    i32.const 10
    return
@b:
    i32.const 20
    return
@c:
    i32.const 30
    return
}

func one(i32) -> i32 {
    local.get 0
    switch @only
@only:
    i32.const 5
    return
}

func same(i32) -> i32 {
    local.get 0
    switch @a @b @a
@a:
    i32.const 1
    return
@b:
    i32.const 2
    return
}

func keeps(i32) -> i64 {
    i64.const 7
    local.get 0
    switch @as_is @plus
@plus [i64]:
    i64.const 1
    i64.add
    return
@as_is [i64]:
    return
}
