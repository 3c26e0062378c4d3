; forward over a trap, with values on both stacks, and backward in a loop
;= forward() -> i32 1
;= carries(i32 3, i64 9) -> i64 9
;= triangle(i64 0) -> i64 0
;= triangle(i64 1) -> i64 1
;= triangle(i64 100) -> i64 5050

func forward() -> i32 {
    jump @over
@never:
    unreachable
@over:
    i32.const 1
    return
}

func carries(i32, i64) -> i64 {
    local.get 0
    ref.null
    local.get 1
    jump @there
@there [i32, i64 | ref? any]:
    ref.drop
    prim.swap
    prim.drop
    return
}

func triangle(i64) -> i64 {
    .local i64
    i64.const 0
    local.set 1
@again:
    local.get 0
    i64.eqz
    branch.if @done
    local.get 1
    local.get 0
    i64.add
    local.set 1
    local.get 0
    i64.const 1
    i64.sub
    local.set 0
    jump @again
@done:
    local.get 1
    return
}
