signature (i64)
signature (i32)
