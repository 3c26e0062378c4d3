;= i8s(i32 127) -> i32 127
;= i8s(i32 128) -> i32 -128
;= u8s(i32 255) -> i32 255
;= i16s(i32 32767) -> i32 32767
;= i16s(i32 32768) -> i32 -32768
;= u16s(i32 65535) -> i32 65535
;= i32s(i32 -2147483648) -> i32 -2147483648
;= i64s(i64 -9223372036854775808) -> i64 -9223372036854775808
;= f32s(f32 -0.0) -> f32 -0.0
;= f32s(f32 nan) -> f32 nan
;= f64s(f64 0x1p-1074) -> f64 0x1p-1074
;= refs() -> i64 3
;= of_subclass() -> i64 5
;= constant() -> i64 6

class I8 {
    field x: i8
}

class U8 {
    field x: u8
}

class I16 {
    field x: i16
}

class U16 {
    field x: u16
}

class I32 {
    field x: i32
}

class I64 {
    field x: i64
}

class F32 {
    field x: f32
}

class F64 {
    field x: f64
}

class Ref {
    field x: ref string
}

class Sub extends I64 {
    const y: i64
}

func i8s(i32) -> i32 {
    local.get 0
    object.new I8
    field.get I8.x
    return
}

func u8s(i32) -> i32 {
    local.get 0
    object.new U8
    field.get U8.x
    return
}

func i16s(i32) -> i32 {
    local.get 0
    object.new I16
    field.get I16.x
    return
}

func u16s(i32) -> i32 {
    local.get 0
    object.new U16
    field.get U16.x
    return
}

func i32s(i32) -> i32 {
    local.get 0
    object.new I32
    field.get I32.x
    return
}

func i64s(i64) -> i64 {
    local.get 0
    object.new I64
    field.get I64.x
    return
}

func f32s(f32) -> f32 {
    local.get 0
    object.new F32
    field.get F32.x
    return
}

func f64s(f64) -> f64 {
    local.get 0
    object.new F64
    field.get F64.x
    return
}

func refs() -> i64 {
    string.const "abc"
    object.new Ref
    field.get Ref.x
    string.size
    return
}

func of_subclass() -> i64 {
    i64.const 5
    i64.const 6
    object.new Sub
    field.get I64.x
    return
}

func constant() -> i64 {
    i64.const 5
    i64.const 6
    object.new Sub
    field.get Sub.y
    return
}
