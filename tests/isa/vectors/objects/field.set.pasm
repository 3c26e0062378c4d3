; narrow fields keep the low bits, and their neighbours stay as they were
;= i8s(i32 0x1ff) -> i32 -1
;= i8s(i32 0x180) -> i32 -128
;= i8s(i32 -129) -> i32 127
;= u8s(i32 0x1ff) -> i32 255
;= u8s(i32 -1) -> i32 255
;= u8s(i32 256) -> i32 0
;= i16s(i32 0x18000) -> i32 -32768
;= u16s(i32 -1) -> i32 65535
;= i32s(i32 0x80000000) -> i32 -2147483648
;= i64s(i64 -1) -> i64 -1
;= f32s(f32 nan) -> f32 nan
;= f64s(f64 -0.0) -> f64 -0.0
;= refs() -> i64 2
;= to_null() -> i32 1
;= neighbours(i32 -1) -> i32 6
;= of_subclass() -> i64 9
;= other_object() -> i64 1

class All {
    field a: i8
    field b: u8
    field c: i16
    field d: u16
    field e: i32
    field f: i64
    field g: f32
    field h: f64
    field i: ref? string
}

class Sub extends All

func i8s(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.a
    local.get 1
    field.get All.a
    return
}

func u8s(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.b
    local.get 1
    field.get All.b
    return
}

func i16s(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.c
    local.get 1
    field.get All.c
    return
}

func u16s(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.d
    local.get 1
    field.get All.d
    return
}

func i32s(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.e
    local.get 1
    field.get All.e
    return
}

func i64s(i64) -> i64 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.f
    local.get 1
    field.get All.f
    return
}

func f32s(f32) -> f32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.g
    local.get 1
    field.get All.g
    return
}

func f64s(f64) -> f64 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    local.get 0
    field.set All.h
    local.get 1
    field.get All.h
    return
}

func refs() -> i64 {
    .local ref All
    object.new_default All
    local.set 0
    local.get 0
    string.const "ab"
    field.set All.i
    local.get 0
    field.get All.i
    ref.as_non_null
    string.size
    return
}

func to_null() -> i32 {
    .local ref All
    object.new_default All
    local.set 0
    local.get 0
    string.const "ab"
    field.set All.i
    local.get 0
    ref.null
    field.set All.i
    local.get 0
    field.get All.i
    ref.is_null
    return
}

; a is 1, b is set, c is 5: what is left is 1 + 5
func neighbours(i32) -> i32 {
    .local ref All
    object.new_default All
    local.set 1
    local.get 1
    i32.const 1
    field.set All.a
    local.get 1
    i32.const 5
    field.set All.c
    local.get 1
    local.get 0
    field.set All.b
    local.get 1
    field.get All.a
    local.get 1
    field.get All.c
    i32.add
    return
}

func of_subclass() -> i64 {
    .local ref Sub
    object.new_default Sub
    local.set 0
    local.get 0
    i64.const 9
    field.set All.f
    local.get 0
    field.get Sub.f
    return
}

func other_object() -> i64 {
    .local ref All, ref All
    object.new_default All
    local.set 0
    object.new_default All
    local.set 1
    local.get 0
    i64.const 1
    field.set All.f
    local.get 1
    i64.const 2
    field.set All.f
    local.get 0
    field.get All.f
    return
}
