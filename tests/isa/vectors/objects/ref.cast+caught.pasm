; what stood below the operands is gone in the handler, and the local keeps what it was before
;= main() -> i64 3
;= kind(i32 0) -> i32 1
;= kind(i32 1) -> i32 2

class Error {
    field message: ref? string
    field trace: ref? array i32
}

class CastError extends Error
class NullError extends Error
throwable Error
trap bad-cast = CastError
trap null-reference = NullError

func main() -> i64 {
    .local ref any
    string.const "abc"
    local.set 0
    .try cast @caught catch CastError
    i64.const 7
    local.get 0
    ref.cast ref array u8
    local.set 0
    prim.drop
    .end cast
    i64.const -1
    return
@caught:
    ref.drop
    local.get 0
    ref.cast ref string
    string.size
    return
}

; each kind of trap has its own class
func kind(i32) -> i32 {
    .try null @null catch NullError
    .try cast @cast catch CastError
    local.get 0
    branch.if @other
    string.const "abc"
    ref.cast ref array u8
    ref.drop
    i32.const 0
    return
@other:
    ref.null
    ref.as_non_null
    ref.drop
    i32.const 0
    return
    .end cast
    .end null
@cast:
    ref.drop
    i32.const 1
    return
@null:
    ref.drop
    i32.const 2
    return
}
