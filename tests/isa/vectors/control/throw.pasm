; classes: Error, Sub below it, Other below it
;= uncaught() -> uncaught Error
;= uncaught_below() -> uncaught Sub
;= caught() -> i32 1
;= by_superclass() -> i32 1
;= not_by_sibling() -> uncaught Sub
;= by_any() -> i32 1
;= innermost(i32 0) -> i32 1
;= innermost(i32 1) -> i32 2
;= from_callee() -> i32 5
;= rethrown() -> i32 2
;= same_object() -> i32 1
;= leaves_stacks() -> i64 3
;= traced() -> i32 1

class Error {
    field message: ref? string
    field trace: ref? array i32
}

class Sub extends Error {
    field number: i32
}

class Other extends Error
throwable Error

func uncaught() {
    object.new_default Error
    throw
}

func uncaught_below() {
    object.new_default Sub
    throw
}

func caught() -> i32 {
    .try handler @handler catch Error
    object.new_default Error
    throw
    .end handler
@handler:
    ref.drop
    i32.const 1
    return
}

func by_superclass() -> i32 {
    .try handler @handler catch Error
    object.new_default Sub
    throw
    .end handler
@handler:
    ref.drop
    i32.const 1
    return
}

func not_by_sibling() -> i32 {
    .try handler @handler catch Other
    object.new_default Sub
    throw
    .end handler
@handler:
    ref.drop
    i32.const 1
    return
}

func by_any() -> i32 {
    .try handler @handler
    object.new_default Other
    throw
    .end handler
@handler:
    ref.drop
    i32.const 1
    return
}

; 0 throws Sub, which the inner handler takes; 1 throws Other, which the outer one takes
func innermost(i32) -> i32 {
    .try outer @outer catch Error
    .try inner @inner catch Sub
    local.get 0
    branch.if @other
    object.new_default Sub
    throw
@other:
    object.new_default Other
    throw
    .end inner
    .end outer
@inner:
    ref.drop
    i32.const 1
    return
@outer:
    ref.drop
    i32.const 2
    return
}

func thrower() {
    ref.null
    ref.null
    i32.const 5
    object.new Sub
    throw
}

func from_callee() -> i32 {
    .try handler @handler catch Sub
    call thrower
    i32.const 0
    return
    .end handler
@handler:
    field.get Sub.number
    return
}

func rethrown() -> i32 {
    .try outer @outer catch Error
    .try again @again catch Error
    object.new_default Error
    throw
    .end again
@again:
    throw
    .end outer
@outer:
    ref.drop
    i32.const 2
    return
}

func same_object() -> i32 {
    .local ref Error
    object.new_default Error
    local.set 0
    .try handler @handler catch Error
    local.get 0
    throw
    .end handler
@handler:
    local.get 0
    ref.eq
    return
}

; operands of the covered code are gone in the handler, locals are not
func leaves_stacks() -> i64 {
    .local i64
    i64.const 3
    local.set 0
    .try handler @handler catch Error
    i32.const 1
    i32.const 2
    string.const "x"
    object.new_default Error
    throw
    .end handler
@handler:
    ref.drop
    local.get 0
    return
}

; the machine fills in the trace
func traced() -> i32 {
    .try handler @handler catch Error
    object.new_default Error
    throw
    .end handler
@handler:
    field.get Error.trace
    ref.is_null
    i32.eqz
    return
}
