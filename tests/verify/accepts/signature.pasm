signature () -> i64
