;= main(i32 5) -> i32 5
;= alone() -> nothing

func main(i32) -> i32 {
    nop
    local.get 0
    nop
    nop
    return
}

func alone() {
    nop
    return
}
