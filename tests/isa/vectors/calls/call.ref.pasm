;limits memory 1048576 stack 4096
;= plain(i64 5) -> i64 10
;= chosen(i32 1, i64 5) -> i64 10
;= chosen(i32 0, i64 5) -> i64 25
;= captured(i64 4) -> i64 7
;= reference_order() -> i64 4
;= nothing() -> nothing
;= forever() -> trap stack-overflow

func twice(i64) -> i64 {
    local.get 0
    i64.const 2
    i64.mul
    return
}

func square(i64) -> i64 {
    local.get 0
    local.get 0
    i64.mul
    return
}

func plus_size(ref string, i64) -> i64 {
    local.get 0
    string.size
    local.get 1
    i64.add
    return
}

func leave() {
    return
}

func plain(i64) -> i64 {
    local.get 0
    func.ref twice
    call.ref (i64) -> i64
    return
}

func chosen(i32, i64) -> i64 {
    local.get 1
    func.ref twice
    func.ref square
    local.get 0
    ref.select ref func (i64) -> i64
    call.ref (i64) -> i64
    return
}

func captured(i64) -> i64 {
    local.get 0
    string.const "abc"
    closure.new plus_size
    call.ref (i64) -> i64
    return
}

; the function value is above the reference arguments
func second_size(ref string, ref string) -> i64 {
    local.get 1
    string.size
    return
}

func reference_order() -> i64 {
    string.const "x"
    string.const "four"
    func.ref second_size
    call.ref (ref string, ref string) -> i64
    return
}

func nothing() {
    func.ref leave
    call.ref ()
    return
}

func forever() {
    func.ref forever
    call.ref ()
    return
}
