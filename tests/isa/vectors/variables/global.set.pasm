;= number(i64 -7) -> i64 -7
;= float(f64 nan) -> f64 nan
;= reference() -> i64 3
;= back_to_null() -> i32 1
;= across_calls() -> i64 12
;= neighbours(i32 5) -> i32 1

global a: i64 = 1
global b: f64
global c: ref? string
global d: i32 = 1
global e: i32 = 2

func number(i64) -> i64 {
    local.get 0
    global.set a
    global.get a
    return
}

func float(f64) -> f64 {
    local.get 0
    global.set b
    global.get b
    return
}

func reference() -> i64 {
    string.const "abc"
    global.set c
    global.get c
    ref.as_non_null
    string.size
    return
}

func back_to_null() -> i32 {
    string.const "abc"
    global.set c
    ref.null
    global.set c
    global.get c
    ref.is_null
    return
}

func add_ten() {
    global.get a
    i64.const 10
    i64.add
    global.set a
    return
}

func across_calls() -> i64 {
    i64.const 2
    global.set a
    call add_ten
    global.get a
    return
}

func neighbours(i32) -> i32 {
    local.get 0
    global.set e
    global.get d
    return
}
