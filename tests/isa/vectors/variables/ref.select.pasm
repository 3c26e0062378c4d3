;= strings(i32 1) -> i64 1
;= strings(i32 0) -> i64 2
;= strings(i32 -1) -> i64 1
;= strings(i32 0x80000000) -> i64 1
;= strings(i32 256) -> i64 1
;= nulls(i32 1) -> i32 0
;= nulls(i32 0) -> i32 1
;= upcast(i32 1) -> i32 1
;= upcast(i32 0) -> i32 0

class A

func strings(i32) -> i64 {
    string.const "a"
    string.const "bc"
    local.get 0
    ref.select ref string
    string.size
    return
}

func nulls(i32) -> i32 {
    string.const "a"
    ref.null
    local.get 0
    ref.select ref? string
    ref.is_null
    return
}

; two unlike types meet in one above both
func upcast(i32) -> i32 {
    object.new A
    string.const "a"
    local.get 0
    ref.select ref any
    ref.instance ref A
    return
}
