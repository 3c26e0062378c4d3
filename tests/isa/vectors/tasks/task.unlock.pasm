; the loop is far longer than the turn of a task: without a lock the other notes first
;= preempted() -> nothing noting 2 1
;= none() -> trap invalid-argument
;= once_too_often() -> trap invalid-argument
;= of_other_task() -> trap invalid-argument

import host note(i64)

func spin() {
    .local i64
    i64.const 20000
    local.set 0
@again:
    local.get 0
    i64.const 1
    i64.sub
    local.tee 0
    i64.eqz
    branch.unless @again
    return
}

func two() {
    i64.const 2
    hypercall note
    return
}

func preempted() {
    func.ref two
    task.spawn
    ref.drop
    task.lock
    task.unlock
    call spin
    i64.const 1
    hypercall note
    return
}

func none() {
    task.unlock
    return
}

func once_too_often() {
    task.lock
    task.unlock
    task.unlock
    return
}

func unlock() {
    task.unlock
    return
}

; each task has its own count
func of_other_task() {
    task.lock
    func.ref unlock
    task.spawn
    ref.drop
    task.yield
    return
}
