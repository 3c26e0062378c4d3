; jumps with the reference, falls through without it
;= size(i32 0) -> i64 -1
;= size(i32 1) -> i64 3
;= below(i32 0) -> i64 2
;= below(i32 1) -> i64 5

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
    branch.non_null @some
    i64.const -1
    return
@some [| ref string]:
    string.size
    return
}

func below(i32) -> i64 {
    string.const "de"
    local.get 0
    call text
    branch.non_null @some
    string.size
    return
@some [| ref string, ref string]:
    string.size
    string.size
    i64.add
    return
}
