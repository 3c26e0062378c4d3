; kinds: 0 null, 1 A, 2 B below A implementing I, 3 J below I implemented by C, 4 string, 5 u8 array, 6 function
;= any(i32 0) -> i32 0
;= any(i32 1) -> i32 1
;= any(i32 4) -> i32 1
;= any(i32 5) -> i32 1
;= any(i32 6) -> i32 1
;= any_null(i32 0) -> i32 1
;= any_null(i32 1) -> i32 1
;= a(i32 0) -> i32 0
;= a(i32 1) -> i32 1
;= a(i32 2) -> i32 1
;= a(i32 3) -> i32 0
;= a(i32 4) -> i32 0
;= a(i32 5) -> i32 0
;= a_null(i32 0) -> i32 1
;= a_null(i32 1) -> i32 1
;= a_null(i32 4) -> i32 0
;= b(i32 1) -> i32 0
;= b(i32 2) -> i32 1
;= i(i32 0) -> i32 0
;= i(i32 1) -> i32 0
;= i(i32 2) -> i32 1
;= i(i32 3) -> i32 1
;= i(i32 4) -> i32 0
;= j(i32 2) -> i32 0
;= j(i32 3) -> i32 1
;= string(i32 0) -> i32 0
;= string(i32 1) -> i32 0
;= string(i32 4) -> i32 1
;= bytes(i32 5) -> i32 1
;= bytes(i32 4) -> i32 0
;= bools(i32 5) -> i32 0
;= func(i32 6) -> i32 1
;= func(i32 5) -> i32 0
;= other_func(i32 6) -> i32 0
;= task(i32 6) -> i32 0

interface I
interface J extends I
class A
class B extends A implements I
class C implements J

func leave() {
    return
}

func make(i32) -> ref? any {
    local.get 0
    switch @null @a @b @c @string @array @func
@null:
    ref.null
    return
@a:
    object.new A
    return
@b:
    object.new B
    return
@c:
    object.new C
    return
@string:
    string.const "abc"
    return
@array:
    i64.const 2
    array.new u8
    return
@func:
    func.ref leave
    return
}

func any(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref any
    return
}

func any_null(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref? any
    return
}

func a(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref A
    return
}

func a_null(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref? A
    return
}

func b(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref B
    return
}

func i(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref I
    return
}

func j(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref J
    return
}

func string(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref string
    return
}

func bytes(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref array u8
    return
}

func bools(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref array bool
    return
}

func func(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref func ()
    return
}

func other_func(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref func (i64) -> i64
    return
}

func task(i32) -> i32 {
    local.get 0
    call make
    ref.instance ref task
    return
}
