; the unparked task runs after the one that unparks it
;= wakes() -> nothing noting 1 2 3
;= finished() -> nothing noting 4
;= runnable() -> nothing noting 5 6

import host note(i64)

func sleeper() {
    task.park
    i64.const 2
    hypercall note
    return
}

func wakes() {
    .local ref task
    func.ref sleeper
    task.spawn
    local.set 0
    task.yield
    local.get 0
    task.unpark
    i64.const 1
    hypercall note
    task.yield
    i64.const 3
    hypercall note
    return
}

func four() {
    i64.const 4
    hypercall note
    return
}

; nothing happens to a task that has finished
func finished() {
    .local ref task
    func.ref four
    task.spawn
    local.set 0
    task.yield
    local.get 0
    task.unpark
    local.get 0
    task.unpark
    task.yield
    return
}

func five() {
    task.park
    i64.const 5
    hypercall note
    return
}

; an unpark before the park lets it fall through
func runnable() {
    .local ref task
    func.ref five
    task.spawn
    local.set 0
    local.get 0
    task.unpark
    task.yield
    i64.const 6
    hypercall note
    return
}
