;limits memory 1048576 stack 256
; any number of calls in one frame; a larger frame than is left traps in the caller
;= count(i64 0) -> i64 0
;= count(i64 20000) -> i64 0
;= drops_operands(i64 3) -> i64 6
;= mutual(i64 9) -> i32 1
;= mutual(i64 10) -> i32 0
;= large() -> trap stack-overflow

func count(i64) -> i64 {
    local.get 0
    i64.eqz
    branch.if @done
    local.get 0
    i64.const 1
    i64.sub
    tail.call count
@done:
    local.get 0
    return
}

func twice(i64) -> i64 {
    local.get 0
    i64.const 2
    i64.mul
    return
}

func drops_operands(i64) -> i64 {
    local.get 0
    tail.call twice
}

func mutual(i64) -> i32 {
    local.get 0
    i64.eqz
    branch.if @even
    local.get 0
    i64.const 1
    i64.sub
    tail.call odd
@even:
    i32.const 0
    return
}

func odd(i64) -> i32 {
    local.get 0
    i64.eqz
    branch.if @odd
    local.get 0
    i64.const 1
    i64.sub
    tail.call mutual
@odd:
    i32.const 1
    return
}

func large() {
    tail.call huge
}

func huge() {
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    return
}
