;= same() -> i32 1
;= other() -> i32 1
;= is_the_spawned() -> i32 1

global seen: ref? task

func same() -> i32 {
    task.current
    task.current
    ref.eq
    return
}

func look() {
    task.current
    global.set seen
    return
}

func other() -> i32 {
    func.ref look
    task.spawn
    ref.drop
    task.yield
    global.get seen
    task.current
    ref.eq
    i32.eqz
    return
}

func is_the_spawned() -> i32 {
    .local ref task
    func.ref look
    task.spawn
    local.set 0
    task.yield
    global.get seen
    local.get 0
    ref.eq
    return
}
