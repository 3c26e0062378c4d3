;= self() -> i32 0
;= before() -> i32 0
;= after() -> i32 1
;= waiting() -> i32 0

func leave() {
    return
}

func self() -> i32 {
    task.current
    task.finished
    return
}

func before() -> i32 {
    func.ref leave
    task.spawn
    task.finished
    return
}

func after() -> i32 {
    .local ref task
    func.ref leave
    task.spawn
    local.set 0
    task.yield
    local.get 0
    task.finished
    return
}

func sleep() {
    task.park
    return
}

func waiting() -> i32 {
    .local ref task
    func.ref sleep
    task.spawn
    local.set 0
    task.yield
    local.get 0
    task.finished
    return
}
