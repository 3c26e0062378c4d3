;= main(i64 21) -> i64 42
;= main(i64 4611686018427387903) -> i64 9223372036854775806
;= main(i64 -4611686018427387904) -> i64 -9223372036854775808
;= noted() -> nothing noting 3 -1
;= below(i64 5) -> i64 17

import host twice(i64) -> i64
import host note(i64)

func main(i64) -> i64 {
    local.get 0
    hypercall twice
    return
}

func noted() {
    i64.const 3
    hypercall note
    i64.const -1
    hypercall note
    return
}

func below(i64) -> i64 {
    i64.const 7
    local.get 0
    hypercall twice
    i64.add
    return
}
