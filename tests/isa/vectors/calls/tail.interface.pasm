;limits memory 1048576 stack 256
;= count(i64 20000) -> i64 -1
;= by_default(i64 6) -> i64 12
;= large() -> trap stack-overflow

interface Stepper {
    method step (ref Stepper, i64) -> i64 = default_step
    method huge (ref Stepper) = huge
}

class Counter implements Stepper {
    method step (ref Counter, i64) -> i64 = counter_step
}

class Plain implements Stepper

func default_step(ref Stepper, i64) -> i64 {
    local.get 1
    i64.const 2
    i64.mul
    return
}

func counter_step(ref Counter, i64) -> i64 {
    local.get 1
    i64.eqz
    branch.if @done
    local.get 0
    local.get 1
    i64.const 1
    i64.sub
    tail.interface Stepper.step
@done:
    i64.const -1
    return
}

func count(i64) -> i64 {
    object.new Counter
    local.get 0
    tail.interface Stepper.step
}

func by_default(i64) -> i64 {
    object.new Plain
    local.get 0
    tail.interface Stepper.step
}

func large() {
    object.new Plain
    tail.interface Stepper.huge
}

func huge(ref Stepper) {
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    .local i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64
    return
}
