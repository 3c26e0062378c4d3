; the loop is far longer than the turn of a task: only a lock keeps the other from its note
;= locked() -> nothing noting 1 2 3
;= nested() -> nothing noting 1 2 3

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

func locked() {
    func.ref two
    task.spawn
    ref.drop
    task.lock
    call spin
    i64.const 1
    hypercall note
    task.unlock
    task.yield
    i64.const 3
    hypercall note
    return
}

func nested() {
    func.ref two
    task.spawn
    ref.drop
    task.lock
    task.lock
    task.unlock
    call spin
    i64.const 1
    hypercall note
    task.unlock
    task.yield
    i64.const 3
    hypercall note
    return
}
