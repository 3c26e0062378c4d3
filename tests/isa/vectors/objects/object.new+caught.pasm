;limits memory 65536 stack 4096
; running out of memory can be caught, and what is no longer referred to can be had again
;= caught() -> i32 1
;= afterwards() -> i32 1
;= uncaught() -> trap out-of-memory

class Error {
    field message: ref? string
    field trace: ref? array i32
}

class Memory extends Error
throwable Error
trap out-of-memory = Memory

class Link {
    field next: ref? Link
}

func fill() {
    .local ref? Link
    ref.null
    local.set 0
@again:
    local.get 0
    object.new Link
    local.set 0
    jump @again
}

func caught() -> i32 {
    .try memory @caught catch Memory
    call fill
    .end memory
    i32.const 0
    return
@caught:
    ref.drop
    i32.const 1
    return
}

func afterwards() -> i32 {
    call caught
    prim.drop
    call caught
    prim.drop
    i64.const 1000
    array.new i64
    array.size
    i64.const 1000
    i64.eq
    return
}

; without a handler it ends as the exhaustion of memory
func uncaught() {
    .local ref? Link
    ref.null
    local.set 0
@again:
    local.get 0
    object.new Link
    local.set 0
    jump @again
}
