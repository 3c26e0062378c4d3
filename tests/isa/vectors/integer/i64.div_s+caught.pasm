; a mapped trap is an object thrown at the instruction, with the kind's message and the trace
;= quotient(i64 7, i64 2) -> i64 3
;= quotient(i64 7, i64 0) -> i64 -1
;= quotient(i64 -9223372036854775808, i64 -1) -> trap integer-overflow
;= message_size() -> i64 16
;= has_trace() -> i32 0
;= uncaught() -> uncaught ZeroError

class Error {
    field message: ref? string
    field trace: ref? array i32
}

class ZeroError extends Error
throwable Error
trap divide-by-zero = ZeroError

func quotient(i64, i64) -> i64 {
    .try zero @caught catch ZeroError
    local.get 0
    local.get 1
    i64.div_s
    return
    .end zero
@caught:
    ref.drop
    i64.const -1
    return
}

func caught() -> ref ZeroError {
    .try zero @caught catch ZeroError
    i64.const 1
    i64.const 0
    i64.div_s
    prim.drop
    unreachable
    .end zero
@caught:
    return
}

; "division by zero"
func message_size() -> i64 {
    call caught
    field.get Error.message
    ref.as_non_null
    string.size
    return
}

func has_trace() -> i32 {
    call caught
    field.get Error.trace
    ref.is_null
    return
}

func uncaught() -> i64 {
    i64.const 1
    i64.const 0
    i64.div_s
    return
}
