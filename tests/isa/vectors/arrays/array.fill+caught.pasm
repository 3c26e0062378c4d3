; a fill that traps has stored nothing, though its first elements would fit
;= main() -> i32 0

class Error {
    field message: ref? string
    field trace: ref? array i32
}

throwable Error
trap index-out-of-bounds = Error

func main() -> i32 {
    .local ref array u8
    i64.const 4
    array.new u8
    local.set 0
    .try bounds @caught catch Error
    local.get 0
    i64.const 2
    i64.const 3
    i32.const 1
    array.fill u8
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
