; the trace has pairs of function and code offset, innermost first, from the first throw of the object
; inner throws at offset 2; middle calls it at 0, and at calls middle at 0
;= size() -> i64 6
;= at(i64 0) -> i32 0
;= at(i64 1) -> i32 2
;= at(i64 2) -> i32 1
;= at(i64 3) -> i32 0
;= at(i64 4) -> i32 3
;= at(i64 5) -> i32 0
;= rethrown(i64 0) -> i32 0
;= rethrown(i64 1) -> i32 2
;= rethrown_size() -> i64 8
;= message() -> i32 1

class Error {
    field message: ref? string
    field trace: ref? array i32
}

throwable Error

func inner() {
    object.new_default Error
    throw
}

func middle() {
    call inner
    return
}

func unreached() {
    return
}

func at(i64) -> i32 {
    .try any @caught
    call middle
    .end any
    i32.const -1
    return
@caught:
    field.get Error.trace
    ref.as_non_null
    local.get 0
    array.get i32
    return
}

func size() -> i64 {
    .try any @caught
    call middle
    .end any
    i64.const -1
    return
@caught:
    field.get Error.trace
    ref.as_non_null
    array.size
    return
}

func again() -> i32 {
    .try any @caught
    call middle
    .end any
    i32.const -1
    return
@caught:
    throw
}

func rethrown(i64) -> i32 {
    .try any @caught
    call again
    return
    .end any
@caught:
    field.get Error.trace
    ref.as_non_null
    local.get 0
    array.get i32
    return
}

; inner, middle, again and this one were on the stack at the first throw
func rethrown_size() -> i64 {
    .try any @caught
    call again
    prim.drop
    i64.const -1
    return
    .end any
@caught:
    field.get Error.trace
    ref.as_non_null
    array.size
    return
}

; a thrown object keeps the message that it was made with: here none
func message() -> i32 {
    .try any @caught
    call middle
    .end any
    i32.const -1
    return
@caught:
    field.get Error.message
    ref.is_null
    return
}
