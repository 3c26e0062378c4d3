;limits memory 1048576 stack 256
;= count(i64 20000) -> i64 0
;= captured(i64 4) -> i64 7
;= large() -> trap stack-overflow

func count(i64) -> i64 {
    local.get 0
    i64.eqz
    branch.if @done
    local.get 0
    i64.const 1
    i64.sub
    func.ref count
    tail.ref (i64) -> i64
@done:
    local.get 0
    return
}

func plus_size(ref string, i64) -> i64 {
    local.get 0
    string.size
    local.get 1
    i64.add
    return
}

func captured(i64) -> i64 {
    local.get 0
    string.const "abc"
    closure.new plus_size
    tail.ref (i64) -> i64
}

func large() {
    func.ref huge
    tail.ref ()
}

func huge() {
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    return
}
