;limits memory 1048576 stack 256
;= count(i64 20000) -> i64 -1
;= large() -> trap stack-overflow

class Base {
    method step (ref Base, i64) -> i64 = base_step
    method huge (ref Base) = huge
}

class Derived extends Base {
    method step (ref Base, i64) -> i64 = derived_step
}

func count(i64) -> i64 {
    object.new Derived
    local.get 0
    tail.virtual Base.step
}

func base_step(ref Base, i64) -> i64 {
    i64.const -2
    return
}

func derived_step(ref Derived, i64) -> i64 {
    local.get 1
    i64.eqz
    branch.if @done
    local.get 0
    local.get 1
    i64.const 1
    i64.sub
    tail.virtual Base.step
@done:
    i64.const -1
    return
}

func large() {
    object.new Base
    tail.virtual Base.huge
}

func huge(ref Base) {
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    return
}
