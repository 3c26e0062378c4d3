;limits memory 65536 stack 4096
;= i8s() -> i32 0
;= i64s() -> i64 0
;= f32s() -> f32 0.0
;= f64s() -> f64 0.0
;= references() -> i32 1
;= inherited() -> i64 0
;= new_each_time() -> i32 0
;= endless() -> trap out-of-memory

class A {
    field a: i8
    field b: i64
    field c: f32
    field d: f64
    field e: ref? string
}

class B extends A {
    field f: i64
    field next: ref? B
}

func i8s() -> i32 {
    object.new_default A
    field.get A.a
    return
}

func i64s() -> i64 {
    object.new_default A
    field.get A.b
    return
}

func f32s() -> f32 {
    object.new_default A
    field.get A.c
    return
}

func f64s() -> f64 {
    object.new_default A
    field.get A.d
    return
}

func references() -> i32 {
    object.new_default A
    field.get A.e
    ref.is_null
    return
}

func inherited() -> i64 {
    object.new_default B
    field.get B.b
    object.new_default B
    field.get B.f
    i64.add
    return
}

func new_each_time() -> i32 {
    object.new_default A
    object.new_default A
    ref.eq
    return
}

func endless() {
    .local ref? B, ref B
    ref.null
    local.set 0
@again:
    object.new_default B
    local.set 1
    local.get 1
    local.get 0
    field.set B.next
    local.get 1
    local.set 0
    jump @again
}
