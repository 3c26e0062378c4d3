"""A function that throws at once after a tail call was run again for each of its callers, past their handlers."""

from __future__ import annotations

import pytest

from pvm.errors import Trap
from tests.engines.running import call, start

TEXT = """
throwable Throwable
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
global runs: i64
func fail(n: i64) {
    global.get runs
    i64.const 1
    i64.add
    global.set runs
    object.new_default Throwable
    throw
}
func middle(n: i64) {
    local.get n
    tail.call fail
}
func guarded() -> i64 {
  .try guard @caught
    i64.const 1
    call middle
  .end guard
    i64.const -1
    return
@caught:
    ref.drop
    global.get runs
    return
}
func uncaught() {
    i64.const 1
    call middle
    return
}
"""


def test_it_runs_once_and_the_nearest_handler_gets_it(engine: str) -> None:
    assert call(start(engine, TEXT), "guarded") == 1


def test_its_caller_is_in_the_trace(engine: str) -> None:
    instance = start(engine, TEXT)
    with pytest.raises(Trap) as caught:
        call(instance, "uncaught")
    assert [frame.function for frame in caught.value.frames] == ["fail", "uncaught"]
    assert instance.statistics().fuel_used == 3 + 2 + 6
