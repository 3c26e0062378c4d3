; a copy that traps has stored nothing, though its first elements would fit
;= past_target() -> i32 0
;= past_source() -> i32 0

class Error {
    field message: ref? string
    field trace: ref? array i32
}

throwable Error
trap index-out-of-bounds = Error

func ones() -> ref array u8 {
    .local ref array u8
    i64.const 4
    array.new u8
    local.set 0
    local.get 0
    i64.const 0
    i64.const 4
    i32.const 1
    array.fill u8
    local.get 0
    return
}

func past_target() -> i32 {
    .local ref array u8
    i64.const 4
    array.new u8
    local.set 0
    .try bounds @caught catch Error
    local.get 0
    i64.const 2
    call ones
    i64.const 0
    i64.const 3
    array.copy u8
    .end bounds
    i32.const -1
    return
@caught:
    ref.drop
    local.get 0
    i64.const 2
    array.get u8
    return
}

func past_source() -> i32 {
    .local ref array u8
    i64.const 8
    array.new u8
    local.set 0
    .try bounds @caught catch Error
    local.get 0
    i64.const 0
    call ones
    i64.const 2
    i64.const 3
    array.copy u8
    .end bounds
    i32.const -1
    return
@caught:
    ref.drop
    local.get 0
    i64.const 0
    array.get u8
    return
}
