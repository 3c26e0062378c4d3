;= nothing() -> nothing
;= number(f32 -0.0) -> f32 -0.0
;= number(f32 nan) -> f32 nan
;= reference() -> i64 2
;= early(i32 1) -> i32 1
;= early(i32 0) -> i32 2

func nothing() {
    return
}

func number(f32) -> f32 {
    local.get 0
    return
}

func text() -> ref string {
    string.const "ab"
    return
}

func reference() -> i64 {
    call text
    string.size
    return
}

func early(i32) -> i32 {
    local.get 0
    branch.if @out
    i32.const 2
    return
@out:
    i32.const 1
    return
}
