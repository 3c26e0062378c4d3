"""Exceptions through frames, traps as exceptions, traces, and what is uncaught."""

from __future__ import annotations

import pytest

from pvm.errors import Trap
from pvm.pbc.asm import assemble
from pvm.verify import verify
from tests.engines.running import call, make, start

HEAD = """
throwable Throwable
trap divide-by-zero = Arithmetic
trap stack-overflow = Overflow
import runtime trace.text (ref array i32) -> ref string
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
class Arithmetic extends Throwable
class Overflow extends Throwable
class Other extends Throwable {
  field code: i64
}
"""
DEEP = (
    HEAD
    + """
func fail(n: i64) -> i64 {
  .line a.peb 3:5
    i64.const 7
    local.get n
    i64.div_s
    return
}
func middle(n: i64) -> i64 {
  .line a.peb 7:5
    local.get n
    call fail
    i64.const 1
    i64.add
    return
}
func top(n: i64) -> i64 {
  .line a.peb 11:5
    local.get n
    call middle
    return
}
func text() -> ref string {
  .try guard @caught
    i64.const 0
    call top
    prim.drop
    string.const "none"
    return
  .end guard
@caught:
    field.get Throwable.trace
    ref.as_non_null
    call.runtime trace.text
    return
}
func loop_of_throws(count: i64) -> i64 {
  .local caught: i64
    i64.const 0
    local.set caught
@next:
    local.get count
    i64.const 0
    i64.le_s
    branch.if @done
    local.get count
    i64.const 1
    i64.sub
    local.set count
  .try guard @caught_it catch Arithmetic
    i64.const 0
    call middle
    prim.drop
    jump @next
  .end guard
@caught_it:
    ref.drop
    local.get caught
    i64.const 1
    i64.add
    local.set caught
    jump @next
@done:
    local.get caught
    return
}
func forever(n: i64) -> i64 {
    local.get n
    i64.const 1
    i64.add
    call forever
    return
}
func survive() -> i64 {
  .try guard @caught catch Overflow
    i64.const 0
    call forever
    return
  .end guard
@caught:
    field.get Throwable.trace
    ref.as_non_null
    array.size
    return
}
"""
)


def test_uncaught_has_a_trace(engine: str) -> None:
    with pytest.raises(Trap) as caught:
        call(start(engine, DEEP), "top", 0)
    trap = caught.value
    assert (trap.kind, trap.exception, trap.message) == ("uncaught", "Arithmetic", "division by zero")
    assert [(frame.function, frame.file, frame.line, frame.column) for frame in trap.frames] == [
        ("fail", "a.peb", 3, 5),
        ("middle", "a.peb", 7, 5),
        ("top", "a.peb", 11, 5),
    ]
    assert trap.frames[0].pc == 4


def test_trace_text(engine: str) -> None:
    assert call(start(engine, DEEP), "text") == b"fail (a.peb:3)\nmiddle (a.peb:7)\ntop (a.peb:11)\ntext (pc 2)"


def test_throwing_and_catching_repeatedly(engine: str) -> None:
    assert call(start(engine, DEEP), "loop_of_throws", 200) == 200


def test_overflow_is_caught_and_its_trace_cut_in_the_middle(engine: str) -> None:
    assert call(start(engine, DEEP), "survive") == 2 * 1024


def test_exceptions_in_strict_mode() -> None:
    assert call(make("reference", verify(assemble(DEEP, "test")), strict=True), "loop_of_throws", 3) == 3
