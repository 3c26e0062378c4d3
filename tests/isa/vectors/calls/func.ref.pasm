;limits memory 65536 stack 4096
; a new value each time, so the second is another object
;= called(i64 3) -> i64 6
;= distinct() -> i32 0
;= is_function() -> i32 1
;= is_other_function() -> i32 0
;= endless() -> trap out-of-memory

class Link {
    field value: ref any
    field next: ref? Link
}

func twice(i64) -> i64 {
    local.get 0
    i64.const 2
    i64.mul
    return
}

func called(i64) -> i64 {
    local.get 0
    func.ref twice
    call.ref (i64) -> i64
    return
}

func distinct() -> i32 {
    func.ref twice
    func.ref twice
    ref.eq
    return
}

func is_function() -> i32 {
    func.ref twice
    ref.instance ref func (i64) -> i64
    return
}

func is_other_function() -> i32 {
    func.ref twice
    ref.instance ref func () -> i32
    return
}

; a list of function values: an array of ten thousand is full before memory is
func endless() {
    .local ref array ref, i64
    i64.const 4096
    array.new ref
    local.set 0
    i64.const 0
    local.set 1
@again:
    local.get 0
    local.get 1
    func.ref twice
    array.set ref
    local.get 1
    i64.const 1
    i64.add
    local.set 1
    jump @again
}
