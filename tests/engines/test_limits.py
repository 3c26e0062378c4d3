"""Limits of each sort, and the depth of recursion."""

from __future__ import annotations

import time

import pytest

from pvm.errors import Exhaustion, Trap
from tests.engines.running import call, start

TEXT = """
import runtime string.concat (ref string, ref string) -> ref string
class Cell {
  field next: ref? Cell
  field number: i64
}
func depth(n: i64) -> i64 {
    local.get n
    i64.eqz
    branch.if @end
    local.get n
    i64.const 1
    i64.sub
    call depth
    i64.const 1
    i64.add
    return
@end:
    i64.const 0
    return
}
func spin() {
@again:
    jump @again
}
func garbage(count: i64) -> i64 {
@next:
    local.get count
    i64.const 0
    i64.le_s
    branch.if @done
    i64.const 10000
    array.new i64
    ref.drop
    local.get count
    i64.const 1
    i64.sub
    local.set count
    jump @next
@done:
    local.get count
    return
}
func grow() {
  .local head: ref? Cell
    ref.null
    local.set head
@next:
    local.get head
    i64.const 1
    object.new Cell
    local.set head
    jump @next
}
func double() -> i64 {
  .local text: ref string
    string.const "0123456789abcdef"
    local.set text
@next:
    local.get text
    local.get text
    call.runtime string.concat
    local.set text
    jump @next
}
func big() -> i64 {
    i64.const 0x7fffffff
    array.new i64
    array.size
    return
}
func fill(count: i64) -> i64 {
    local.get count
    array.new i64
    i64.const 0
    local.get count
    i64.const 1
    array.fill i64
    local.get count
    return
}
"""


def test_recursion_of_100_000(engine: str) -> None:
    assert call(start(engine, TEXT, stack=100_001 * 56), "depth", 100_000) == 100_000


def test_depth_is_accounted_exactly(engine: str) -> None:
    assert call(start(engine, TEXT, stack=1001 * 56), "depth", 1000) == 1000
    with pytest.raises(Trap, match="stack overflow") as caught:
        call(start(engine, TEXT, stack=1001 * 56 - 1), "depth", 1000)
    assert caught.value.kind == "stack-overflow"
    assert {frame.pc for frame in caught.value.frames} == {10}
    assert len(caught.value.frames) == 1000


def test_fuel_is_exact(engine: str) -> None:
    used = start(engine, TEXT)
    call(used, "depth", 50)
    need = used.statistics().fuel_used
    assert need == 50 * (3 + 7) + 3 + 2
    enough = start(engine, TEXT, fuel=need)
    assert call(enough, "depth", 50) == 50
    assert enough.statistics().fuel_remaining == 0
    short = start(engine, TEXT, fuel=need - 1)
    with pytest.raises(Exhaustion) as caught:
        call(short, "depth", 50)
    assert caught.value.kind == "fuel"
    assert len(caught.value.frames) == 51
    assert short.statistics().fuel_remaining == 0


def test_what_a_function_begins_with_is_paid_for(engine: str) -> None:
    """What it costs depends on operands, and the block that it stands in is paid for with it."""
    text = """import runtime string.equals(ref string, ref string) -> i32
        func main(a: ref string, b: ref string) -> i32 {
            local.get a
            local.get b
            call.runtime string.equals
            return
        }"""
    instance = start(engine, text)
    for size, cost in ((3, 5), (40, 7)):
        before = instance.statistics().fuel_used
        assert call(instance, "main", b"x" * size, b"x" * size) == 1
        assert instance.statistics().fuel_used - before == cost


def test_fuel_can_be_added(engine: str) -> None:
    instance = start(engine, TEXT, fuel=10)
    with pytest.raises(Exhaustion):
        call(instance, "depth", 50)
    instance.add_fuel(1000)
    assert call(instance, "depth", 5) == 5


def test_deadline_ends_a_loop(engine: str) -> None:
    instance = start(engine, TEXT, deadline=time.monotonic() + 0.02)
    begun = time.monotonic()
    with pytest.raises(Exhaustion) as caught:
        call(instance, "spin")
    assert caught.value.kind == "time"
    assert time.monotonic() - begun < 1


def test_garbage_is_no_leak(engine: str) -> None:
    instance = start(engine, TEXT, memory=300_000)
    assert call(instance, "garbage", 300) == 0
    statistics = instance.statistics()
    assert statistics.allocated == 300 * 80_016
    assert statistics.memory <= 300_000


@pytest.mark.parametrize("name", ["grow", "double", "big"])
def test_memory_limit(name: str, engine: str) -> None:
    instance = start(engine, TEXT, memory=1_000_000, fuel=200_000_000)
    with pytest.raises(Exhaustion) as caught:
        call(instance, name)
    assert caught.value.kind == "memory"
    assert caught.value.frames[0].function == name


def test_huge_array_under_a_huge_limit_is_polled(engine: str) -> None:
    instance = start(engine, TEXT, memory=1 << 30, deadline=time.monotonic() - 1)
    with pytest.raises(Exhaustion) as caught:
        call(instance, "fill", 9_000_000)
    assert caught.value.kind == "time"


def test_two_runs_use_the_same_fuel(engine: str) -> None:
    runs = [start(engine, TEXT, memory=500_000) for _ in range(2)]
    for instance in runs:
        call(instance, "garbage", 50)
    assert runs[0].statistics().without_times() == runs[1].statistics().without_times()
