"""What an attacker would write: each test is an attempt to get out of bounds, or more than was paid for."""

from __future__ import annotations

import pytest

import pvm
from pvm.engines.native.code.operations import MAX_COST
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit.promotion import MAX_FRAME
from pvm.pbc.asm import assemble


def ended(module: pvm.Module, tier: str, *arguments: int, speed: int = 0, **limits: object) -> tuple[object, int]:
    """What a call of ``f`` gives or ends with, and the fuel that it takes."""
    with (
        debugging(Debug(eager=True, speed=speed, keep=False)),
        pvm.Instance(module, tier=tier, limits=pvm.Limits(**limits)) as instance,  # type: ignore[arg-type]
    ):
        try:
            result: object = instance.call("f", *arguments)
        except (pvm.Trap, pvm.Exhaustion) as error:
            result = type(error), error.kind, error.frames
        return result, instance.statistics.fuel_used


def agree(source: str, *calls: tuple[int, ...], speed: int = 0, **limits: object) -> None:
    """Compiled code has to do what internal code does."""
    module = pvm.Module(assemble(source))
    for arguments in calls:
        wanted = ended(module, "interpreter", *arguments, **limits)
        assert ended(module, "jit", *arguments, speed=speed, **limits) == wanted


NOPS = "nop\n" * MAX_COST
LONG_BLOCKS = {
    "entry": f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
    {NOPS}
    local.get n
    call g
    local.get n
    call g
    i64.add
    return
}}
func g (n: i64) -> i64 {{
    {NOPS}
    local.get n
    i64.const 3
    i64.add
    return
}}
""",
    "head": f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
    jump @test
@next:
    {NOPS}
    local.get n
    i64.const 1
    i64.sub
    local.set n
@test:
    local.get n
    i64.const 0
    i64.gt_s
    branch.if @next
    local.get n
    return
}}
""",
}


@pytest.mark.parametrize("where", LONG_BLOCKS)
def test_block_that_is_too_long_for_a_field_of_internal_code_is_paid_for(where: str) -> None:
    agree(LONG_BLOCKS[where], (3,), (0,))
    agree(LONG_BLOCKS[where], (4,), fuel=100_000)


def wide(locals_: int) -> str:
    """A function with so many locals that are needed behind a call of itself."""
    numbers = range(locals_)
    declared = "\n".join(f"  .local x{number}: i64" for number in numbers)
    filled = "\n".join(
        f"    local.get n\n    i64.const {number}\n    i64.mul\n    local.set x{number}" for number in numbers
    )
    mixed = "\n".join(f"    local.get x{number}\n    i64.xor" for number in numbers)
    return f"""
export f as (i64) -> i64
func f (n: i64) -> i64 {{
{declared}
    local.get n
    i64.eqz
    branch.if @end
{filled}
    local.get n
    i64.const 1
    i64.sub
    call f
{mixed}
    return
@end:
    i64.const 5
    return
}}
"""


@pytest.mark.parametrize("locals_", [40, MAX_FRAME // 8])
def test_recursion_ends_before_the_native_stack_does(locals_: int) -> None:
    """Calls go on in internal code; functions whose frames are large themselves are not compiled at all."""
    agree(wide(locals_), (0,), (600_000 // locals_,), stack="256M", memory="64M")
