;= main() -> trap unreachable
;= behind(i32 0) -> i32 7
;= behind(i32 1) -> trap unreachable

func main() {
    unreachable
}

func behind(i32) -> i32 {
    local.get 0
    branch.if @bad
    i32.const 7
    return
@bad:
    unreachable
}
