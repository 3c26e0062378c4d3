; falls through with the reference, jumps without it
;= size(i32 0) -> i64 -1
;= size(i32 1) -> i64 3
;= below(i32 0) -> i64 2
;= below(i32 1) -> i64 5
;= always() -> i32 1

func text(i32) -> ref? string {
    local.get 0
    branch.if @some
    ref.null
    return
@some:
    string.const "abc"
    return
}

func size(i32) -> i64 {
    local.get 0
    call text
    branch.null @none
    string.size
    return
@none:
    i64.const -1
    return
}

; what is below the tested reference stays
func below(i32) -> i64 {
    string.const "de"
    local.get 0
    call text
    branch.null @none
    string.size
    string.size
    i64.add
    return
@none [| ref string]:
    string.size
    return
}

func always() -> i32 {
    ref.null
    branch.null @none
    ref.drop
    i32.const 0
    return
@none:
    i32.const 1
    return
}
