"""Fuel ends a program at the same block on every engine: every limit is tried, up to what it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from pvm.engines.api import Bindings, EngineLimits
from pvm.engines.native.debug import Debug
from pvm.errors import Exhaustion, Trap
from pvm.pbc.asm import assemble
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule
from tests.engines.agreement import ended
from tests.engines.loop_shapes import LOOPS
from tests.engines.running import make
from tests.engines.test_exceptions import DEEP
from tests.engines.test_limits import TEXT as LIMITS
from tests.engines.test_tasks import PAUSE, PREEMPT, WaitingKernel

FRESH = 7
"""For every so many limits the program is translated again: entering a function first is another path."""

SHAPES = """
throwable Throwable
trap divide-by-zero = Arithmetic
import runtime string.concat (ref string, ref string) -> ref string
import runtime string.from_i64 (i64) -> ref string
import runtime string.hash (ref string, i64) -> i64
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
class Arithmetic extends Throwable
class Shape {
  method area (ref Shape, i64) -> i64 = shape_area
}
class Square extends Shape {
  field side: i64
  method area (ref Shape, i64) -> i64 = square_area
}
func shape_area(self: ref Shape, n: i64) -> i64 {
    local.get n
    return
}
func square_area(self: ref Shape, n: i64) -> i64 {
    local.get self
    ref.cast ref Square
    field.get Square.side
    local.get n
    i64.mul
    return
}
func even(n: i64) -> i64 {
    local.get n
    i64.eqz
    branch.if @yes
    local.get n
    i64.const 1
    i64.sub
    tail.call odd
@yes:
    i64.const 1
    return
}
func odd(n: i64) -> i64 {
    local.get n
    i64.eqz
    branch.if @no
    local.get n
    i64.const 1
    i64.sub
    tail.call even
@no:
    i64.const 0
    return
}
func captured(shape: ref Shape, n: i64) -> i64 {
    local.get shape
    local.get n
    call.virtual Shape.area
    return
}
func apply(f: ref func (i64) -> i64, n: i64) -> i64 {
    local.get n
    local.get f
    call.ref (i64) -> i64
    return
}
func divide(n: i64) -> i64 {
  .try guard @caught catch Arithmetic
    i64.const 100
    local.get n
    i64.div_s
    return
  .end guard
@caught:
    ref.drop
    i64.const -1
    return
}
func text(n: i64) -> i64 {
  .local made: ref string
    string.const "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    local.set made
@next:
    local.get made
    local.get n
    call.runtime string.from_i64
    call.runtime string.concat
    local.tee made
    local.get made
    call.runtime string.concat
    i64.const 7
    call.runtime string.hash
    prim.drop
    local.get n
    i64.const 1
    i64.sub
    local.tee n
    i64.eqz
    branch.unless @next
    local.get made
    string.size
    return
}
func main(n: i64) -> i64 {
  .local index: i64
  .local numbers: ref array i64
    i64.const 0
    local.set index
    i64.const 100
    array.new i64
    local.set numbers
    local.get numbers
    i64.const 3
    i64.const 90
    local.get n
    array.fill i64
@next:
    local.get index
    i32.wrap_i64
    switch @zero @one @two @rest
@zero:
    i64.const 4
    call even
    jump @store
@one:
    i64.const 5
    object.new Square
    closure.new captured
    i64.const 6
    call apply
    jump @store
@two:
    i64.const 0
    call divide
    jump @store
@rest:
    local.get index
    i64.const 2
    i64.sub
    call text
@store [i64]:
    local.get numbers
    local.get index
    array.get i64
    i64.add
    local.set n
    local.get index
    i64.const 1
    i64.add
    local.tee index
    i64.const 6
    i64.lt_s
    branch.if @next
    local.get n
    return
}
"""


class Swept(NamedTuple):
    """A function to call with a number or nothing, and how."""

    text: str
    function: str
    argument: int | None = None
    quantum: int = 10_000
    host: dict[str, Callable[..., object]] | None = None
    kernel: type[WaitingKernel] | None = None


CASES = {
    "recursion": Swept(LIMITS, "depth", 12),
    "arrays": Swept(LIMITS, "fill", 400),
    "handlers": Swept(DEEP, "loop_of_throws", 4),
    "uncaught": Swept(DEEP, "top", 0),
    "traces": Swept(DEEP, "text"),
    "shapes": Swept(SHAPES, "main", 3),
    "loops": Swept(LOOPS, "main"),
    "overflow in a loop": Swept(LOOPS, "overflow"),
    "turns": Swept(PREEMPT, "main", 25, 20, {"note": lambda _: None}),
    "locks": Swept(PREEMPT, "locked", 25, 20, {"note": lambda _: None}),
    "waits": Swept(PAUSE, "main", kernel=WaitingKernel),
    "deadlock": Swept(PAUSE, "never", kernel=WaitingKernel),
}


def verified(case: Swept) -> VerifiedModule:
    return verify(assemble(case.text, "test"))


def outcome(engine: str, module: VerifiedModule, case: Swept, fuel: int | None, **debug: object) -> tuple[str, int]:
    """How a run ends under a limit, and the fuel it took."""
    kernel = case.kernel() if case.kernel else None
    bindings = Bindings(kernel, object() if kernel else None, case.host or {})  # type: ignore[arg-type]
    instance = make(engine, module, bindings, EngineLimits(fuel=fuel, quantum=case.quantum), **debug)
    names = [each.name for each in module.module.functions]
    arguments = () if case.argument is None else (case.argument,)
    try:
        shown = f"gives {instance.call(names.index(case.function), arguments)}"
    except (Trap, Exhaustion) as error:
        shown = ended(error)
    used = instance.statistics().fuel_used
    instance.close()
    return shown, used


@pytest.mark.parametrize("tier", ["interpreter", "jit"])
@pytest.mark.parametrize("name", CASES)
def test_every_limit_ends_it_at_the_same_block(name: str, tier: str) -> None:
    case = CASES[name]
    module = verified(case)
    debug = Debug(eager=tier == "jit", speed=0)
    whole = outcome("reference", module, case, None)
    assert outcome(tier, module, case, None, debug=debug) == whole
    for fuel in range(whole[1] + 1):
        first = outcome("reference", module, case, fuel)
        fresh = verified(case) if fuel % FRESH == 0 else module
        assert outcome(tier, fresh, case, fuel, debug=debug) == first, f"fuel {fuel}"
        assert first[1] <= fuel or case.kernel
    assert first == whole


@pytest.mark.parametrize("tier", ["interpreter", "jit"])
@pytest.mark.parametrize("name", CASES)
def test_looking_and_moving_at_every_block_makes_no_difference(name: str, tier: str) -> None:
    case = CASES[name]
    module = verified(case)
    whole = outcome("reference", module, case, None)
    debug = Debug(1, check_every=1, suspend_every=max(whole[1] // 100, 1), eager=tier == "jit", speed=0)
    assert outcome(tier, module, case, None, debug=debug) == whole
