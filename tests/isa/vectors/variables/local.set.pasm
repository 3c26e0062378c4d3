;= parameter(i64 5) -> i64 6
;= types(i32 1, i64 2, f32 0.5, f64 0.25) -> f64 3.75
;= reference() -> i64 2
;= order(i32 1, i32 2) -> i32 1
;= callee(i64 3) -> i64 3

func parameter(i64) -> i64 {
    i64.const 6
    local.set 0
    local.get 0
    return
}

func types(i32, i64, f32, f64) -> f64 {
    .local i32, i64, f32, f64
    local.get 0
    local.set 4
    local.get 1
    local.set 5
    local.get 2
    local.set 6
    local.get 3
    local.set 7
    local.get 4
    f64.convert_i32_s
    local.get 5
    f64.convert_i64_s
    f64.add
    local.get 6
    f64.promote_f32
    f64.add
    local.get 7
    f64.add
    return
}

func reference() -> i64 {
    .local ref? string
    ref.null
    local.set 0
    string.const "ab"
    local.set 0
    local.get 0
    ref.as_non_null
    string.size
    return
}

; pops the top: 2 goes into the local, 1 stays
func order(i32, i32) -> i32 {
    .local i32
    local.get 0
    local.get 1
    local.set 2
    return
}

; locals belong to the frame
func overwrite(i64) {
    i64.const 99
    local.set 0
    return
}

func callee(i64) -> i64 {
    local.get 0
    call overwrite
    local.get 0
    return
}
