global a: i32 = -1
global b: i64 = 9223372036854775807
global c: f32 = 0.5
global d: f64 = 0.1
global e: ref? string
