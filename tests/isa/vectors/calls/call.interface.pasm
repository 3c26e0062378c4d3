;limits memory 1048576 stack 4096
; kinds: 0 Cat implements both, 1 Dog implements Speaker with the default, 2 Puppy overrides
;= speak(i32 0) -> i64 1
;= speak(i32 1) -> i64 100
;= speak(i32 2) -> i64 3
;= walk(i32 0, i64 20) -> i64 24
;= walk(i32 1, i64 20) -> i64 22
;= walk(i32 2, i64 20) -> i64 22
;= inherited_slot(i32 0) -> i64 1
;= forever() -> trap stack-overflow

interface Speaker {
    method speak (ref Speaker) -> i64 = default_speak
}

interface Walker extends Speaker {
    method walk (ref Walker, i64) -> i64
    method endless (ref Walker) = endless
}

class Cat implements Walker {
    method speak (ref Cat) -> i64 = cat_speak
    method walk (ref Cat, i64) -> i64 = cat_walk
}

class Dog implements Walker {
    method walk (ref Dog, i64) -> i64 = dog_walk
}

class Puppy extends Dog {
    method speak (ref Puppy) -> i64 = puppy_speak
}

func make(i32) -> ref Walker {
    local.get 0
    switch @cat @dog @puppy
@cat:
    object.new Cat
    return
@dog:
    object.new Dog
    return
@puppy:
    object.new Puppy
    return
}

func default_speak(ref Speaker) -> i64 {
    i64.const 100
    return
}

func cat_speak(ref Cat) -> i64 {
    i64.const 1
    return
}

func puppy_speak(ref Puppy) -> i64 {
    i64.const 3
    return
}

func cat_walk(ref Cat, i64) -> i64 {
    local.get 1
    i64.const 4
    i64.add
    return
}

func dog_walk(ref Dog, i64) -> i64 {
    local.get 1
    i64.const 2
    i64.add
    return
}

func endless(ref Walker) {
    local.get 0
    call.interface Walker.endless
    return
}

func speak(i32) -> i64 {
    local.get 0
    call make
    call.interface Speaker.speak
    return
}

func walk(i32, i64) -> i64 {
    local.get 0
    call make
    local.get 1
    call.interface Walker.walk
    return
}

func inherited_slot(i32) -> i64 {
    local.get 0
    call make
    call.interface Walker.speak
    return
}

func forever() {
    object.new Cat
    call.interface Walker.endless
    return
}
