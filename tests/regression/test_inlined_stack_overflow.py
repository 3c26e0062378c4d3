"""Compiled code did not look whether the frames of functions that it inlines fit into the stack."""

from __future__ import annotations

import pytest

from pvm.engines.api import EngineLimits
from pvm.engines.native.engine import NativeEngine
from pvm.engines.reference.engine import ReferenceEngine
from pvm.errors import Trap
from pvm.pbc.asm import assemble
from pvm.verify import verify
from tests.engines.running import call, checked

LARGE = "".join(f"  .local l{number}: i64\n" for number in range(90))
TEXT = f"""
func leaf(n: i64) -> i64 {{
{LARGE}
    local.get n
    i64.const 3
    i64.mul
    return
}}
func middle(n: i64) -> i64 {{
{LARGE}
    local.get n
    call leaf
    return
}}
func down(n: i64) -> i64 {{
    local.get n
    call middle
    prim.drop
    local.get n
    i64.eqz
    branch.if @end
    local.get n
    i64.const 1
    i64.sub
    call down
    return
@end:
    i64.const 0
    return
}}
"""


def ends(instance: NativeEngine | ReferenceEngine, depth: int) -> object:
    try:
        return call(instance, "down", depth), instance.statistics().fuel_used
    except Trap as trap:
        return trap.kind, [(frame.function, frame.pc) for frame in trap.frames], instance.statistics().fuel_used


@pytest.mark.parametrize("stack", [1000, 4000, 7000, *range(8000, 8400, 40), 20_000])
def test_the_stack_ends_where_it_ends_without_inlining(stack: int) -> None:
    verified = verify(assemble(TEXT, "test"))
    limits = EngineLimits(stack=stack)
    compiled = NativeEngine(checked(verified), None, limits, jit=True)
    promotion = compiled._machine.program.promoted(compiled._machine._code)
    promotion.compile_all()
    assert len(promotion.compiled) == 3
    for depth in (0, 5, 1000):
        expected = ends(ReferenceEngine(verified, None, limits), depth)
        assert ends(NativeEngine(checked(verified), None, limits, jit=True), depth) == expected
