;= alone() -> nothing
;= turns() -> nothing noting 1 10 2 11 3

import host note(i64)

func alone() {
    task.yield
    task.yield
    return
}

func other() {
    i64.const 10
    hypercall note
    task.yield
    i64.const 11
    hypercall note
    return
}

func turns() {
    func.ref other
    task.spawn
    ref.drop
    i64.const 1
    hypercall note
    task.yield
    i64.const 2
    hypercall note
    task.yield
    i64.const 3
    hypercall note
    return
}
