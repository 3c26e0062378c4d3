;limits memory 1048576 stack 4096
; a frame has at least 32 bytes, so a depth of 1000 does not fit into 4096
;= order(i32 1, i64 2, f64 4.0) -> f64 7.0
;= nothing() -> nothing
;= factorial(i64 0) -> i64 1
;= factorial(i64 10) -> i64 3628800
;= factorial(i64 1000) -> trap stack-overflow
;= forever() -> trap stack-overflow
;= below(i64 5) -> i64 12

func sum(i32, i64, f64) -> f64 {
    local.get 0
    f64.convert_i32_s
    local.get 1
    f64.convert_i64_s
    f64.add
    local.get 2
    f64.add
    return
}

func order(i32, i64, f64) -> f64 {
    local.get 0
    local.get 1
    local.get 2
    call sum
    return
}

func nothing() {
    call leave
    return
}

func leave() {
    return
}

func factorial(i64) -> i64 {
    local.get 0
    i64.eqz
    branch.if @one
    local.get 0
    local.get 0
    i64.const 1
    i64.sub
    call factorial
    i64.mul
    return
@one:
    i64.const 1
    return
}

func forever() {
    call forever
    return
}

func twice(i64) -> i64 {
    local.get 0
    i64.const 2
    i64.mul
    return
}

; operands below the arguments stay
func below(i64) -> i64 {
    i64.const 2
    local.get 0
    call twice
    i64.add
    return
}
