;= woken() -> nothing noting 1 2 3
;= unparked_before() -> nothing noting 1
;= unparks_do_not_add_up() -> trap deadlock noting 1
;= alone() -> trap deadlock
;= all_of_two() -> trap deadlock noting 1
;= other_finishes() -> trap deadlock noting 2

import host note(i64)
global main: ref? task

func wake_main() {
    i64.const 2
    hypercall note
    global.get main
    ref.as_non_null
    task.unpark
    return
}

func woken() {
    task.current
    global.set main
    func.ref wake_main
    task.spawn
    ref.drop
    i64.const 1
    hypercall note
    task.park
    i64.const 3
    hypercall note
    return
}

func unparked_before() {
    task.current
    task.unpark
    task.park
    i64.const 1
    hypercall note
    return
}

func unparks_do_not_add_up() {
    task.current
    task.unpark
    task.current
    task.unpark
    task.park
    i64.const 1
    hypercall note
    task.park
    i64.const 2
    hypercall note
    return
}

func alone() {
    task.park
    return
}

func sleep() {
    i64.const 1
    hypercall note
    task.park
    return
}

func all_of_two() {
    func.ref sleep
    task.spawn
    ref.drop
    task.park
    return
}

func two() {
    i64.const 2
    hypercall note
    return
}

func other_finishes() {
    func.ref two
    task.spawn
    ref.drop
    task.park
    return
}
