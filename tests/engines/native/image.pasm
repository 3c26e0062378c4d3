; Values on the stack across blocks, a switch with its default, an irreducible loop, a tail call, raw memory, all kinds.
features privileged

func chosen(i32) -> i64 {
    i64.const 7
    local.get 0
    switch @zero @one @one @other
@zero [i64]:
    i64.const 100
    jump @sum
@one [i64]:
    i64.const 200
    jump @sum
@other [i64]:
    i64.const 300
@sum [i64, i64]:
    i64.add
    return
}

func sum(i64) -> i64 {
    .local i64
    i64.const 0
    local.set 1
@again:
    local.get 0
    i64.eqz
    branch.if @done
    local.get 1
    local.get 0
    i64.add
    local.set 1
    local.get 0
    i64.const 1
    i64.sub
    local.set 0
    jump @again
@done:
    local.get 1
    return
}

func countdown(i64, i64) -> i64 {
    local.get 0
    i64.eqz
    branch.if @done
    local.get 0
    i64.const 1
    i64.sub
    local.get 1
    i64.const 2
    i64.add
    tail.call countdown
@done:
    local.get 1
    return
}

func factorial(i64) -> i64 {
    local.get 0
    i64.const 1
    i64.le_s
    branch.if @one
    local.get 0
    local.get 0
    i64.const 1
    i64.sub
    call factorial
    i64.mul
    return
@one:
    i64.const 1
    return
}

func grow() {
    i64.const 131072
    memory.grow
    prim.drop
    return
}

func stored(i64, f64, f32, i32) -> f64 {
    call grow
    local.get 0
    local.get 1
    f64.store
    local.get 0
    i64.const 8
    i64.add
    local.get 2
    f32.store
    local.get 0
    i64.const 12
    i64.add
    local.get 3
    i32.store16
    local.get 0
    i64.const 21
    i64.add
    local.get 0
    i64.const 16
    memory.copy
    local.get 0
    i64.const 21
    i64.add
    f64.load
    local.get 0
    i64.const 29
    i64.add
    f32.load
    f64.promote_f32
    f64.add
    local.get 0
    i64.const 33
    i64.add
    i32.load16_s
    f64.convert_i32_s
    f64.add
    return
}

func filled(i64, i32) -> i64 {
    call grow
    local.get 0
    local.get 1
    i64.const 7
    memory.fill
    local.get 0
    i64.load
    return
}

func bits(f64, f64) -> i64 {
    local.get 0
    local.get 1
    f64.div
    i64.bits_f64
    return
}

func swapped(i64, f32) -> i64 {
    local.get 0
    local.get 1
    prim.swap
    local.get 1
    f32.const 0.0
    f32.lt
    branch.if @negative
    prim.swap
    i64.trunc_sat_f32_s
    i64.sub
    return
@negative [f32, i64]:
    prim.swap
    prim.drop
    return
}

export chosen = chosen
export sum = sum
export countdown = countdown
export factorial = factorial
export stored = stored
export filled = filled
export bits = bits
export swapped = swapped
