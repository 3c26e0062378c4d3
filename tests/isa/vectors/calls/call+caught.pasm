;limits memory 1048576 stack 4096
; an overflow is thrown at the call that did not fit, and the frames that go make room again
;= caught() -> i32 1
;= again() -> i32 2
;= by_each_frame(i64 3) -> i64 3
;= uncaught() -> uncaught Overflow

class Error {
    field message: ref? string
    field trace: ref? array i32
}

class Overflow extends Error
throwable Error
trap stack-overflow = Overflow

func forever() {
    call forever
    return
}

func caught() -> i32 {
    .try overflow @caught catch Overflow
    call forever
    .end overflow
    i32.const 0
    return
@caught:
    ref.drop
    i32.const 1
    return
}

func again() -> i32 {
    call caught
    call caught
    i32.add
    return
}

; catches in a frame above, which then returns normally to those below
func by_each_frame(i64) -> i64 {
    local.get 0
    i64.eqz
    branch.if @last
    local.get 0
    i64.const 1
    i64.sub
    call by_each_frame
    i64.const 1
    i64.add
    return
@last:
    .try overflow @caught catch Error
    call forever
    .end overflow
    i64.const -100
    return
@caught:
    ref.drop
    i64.const 0
    return
}

func uncaught() {
    call forever
    return
}
