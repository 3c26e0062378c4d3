;limits memory 65536 stack 4096
; a new task waits until this one yields, and those before it have run
;= order() -> nothing noting 1 2 3 4
;= captures() -> nothing noting 3
;= endless() -> trap out-of-memory

import host note(i64)

func two() {
    i64.const 2
    hypercall note
    return
}

func three() {
    i64.const 3
    hypercall note
    return
}

func order() {
    func.ref two
    task.spawn
    ref.drop
    func.ref three
    task.spawn
    ref.drop
    i64.const 1
    hypercall note
    task.yield
    i64.const 4
    hypercall note
    return
}

func note_size(ref string) {
    local.get 0
    string.size
    hypercall note
    return
}

func captures() {
    string.const "abc"
    closure.new note_size
    task.spawn
    ref.drop
    task.yield
    return
}

func forever() {
@again:
    task.yield
    jump @again
}

func endless() {
    task.lock
@again:
    func.ref forever
    task.spawn
    ref.drop
    jump @again
}
