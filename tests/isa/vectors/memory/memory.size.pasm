;limits memory 1048576 stack 4096
;= grown() -> i64 131072

features privileged

func grown() -> i64 {
    i64.const 131072
    memory.grow
    prim.drop
    memory.size
    return
}
