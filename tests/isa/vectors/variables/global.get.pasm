;= i32s() -> i32 -2147483648
;= i64s() -> i64 9223372036854775807
;= f32s() -> f32 0x1.99999ap-4
;= f64s() -> f64 -0.0
;= nans() -> f32 nan
;= zero() -> i64 0
;= zero_float() -> f64 0.0
;= reference() -> i32 1
;= constant() -> i32 42

global a: i32 = -2147483648
global b: i64 = 9223372036854775807
global c: f32 = 0x1.99999ap-4
global d: f64 = -0.0
global e: f32 = nan
global f: i64
global g: f64
global h: ref? string
global const i: i32 = 42

func i32s() -> i32 {
    global.get a
    return
}

func i64s() -> i64 {
    global.get b
    return
}

func f32s() -> f32 {
    global.get c
    return
}

func f64s() -> f64 {
    global.get d
    return
}

func nans() -> f32 {
    global.get e
    return
}

func zero() -> i64 {
    global.get f
    return
}

func zero_float() -> f64 {
    global.get g
    return
}

func reference() -> i32 {
    global.get h
    ref.is_null
    return
}

func constant() -> i32 {
    global.get i
    return
}
