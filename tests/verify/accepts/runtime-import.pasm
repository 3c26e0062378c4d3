import runtime string.hash (ref string, i64) -> i64
