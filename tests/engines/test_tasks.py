"""Green tasks: order, preemption by fuel, locks, waiting hypercalls, deadlock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from pvm.errors import Exhaustion, Trap
from pvm.kernel.task import WouldBlock
from tests.engines.running import call, start

PREEMPT = """
import host note (i64)
global stop: i32
global sum: i64
func busy() {
    i64.const 1
    hypercall note
@again:
    global.get sum
    i64.const 1
    i64.add
    global.set sum
    global.get stop
    branch.unless @again
    i64.const 2
    hypercall note
    return
}
func main(rounds: i64) -> i64 {
    func.ref busy
    task.spawn
    ref.drop
@next:
    local.get rounds
    i64.const 0
    i64.le_s
    branch.if @done
    local.get rounds
    i64.const 1
    i64.sub
    local.set rounds
    jump @next
@done:
    i32.const 1
    global.set stop
    i64.const 3
    hypercall note
    task.yield
    task.yield
    global.get sum
    return
}
func locked(rounds: i64) -> i64 {
    func.ref busy
    task.spawn
    ref.drop
    task.lock
@next:
    local.get rounds
    i64.const 0
    i64.le_s
    branch.if @done
    local.get rounds
    i64.const 1
    i64.sub
    local.set rounds
    jump @next
@done:
    i64.const 3
    hypercall note
    task.unlock
    global.get sum
    return
}
"""


def run(engine: str, name: str, **limits: Any) -> tuple[list[int], int, int]:
    notes: list[int] = []
    instance = start(engine, PREEMPT, host={"note": notes.append}, **limits)
    result = call(instance, name, 10_000)
    return notes, result, instance.statistics().fuel_used


def test_preemption_is_by_fuel_and_repeats(engine: str) -> None:
    first = run(engine, "main")
    assert first[0] == [1, 3, 2]
    assert first[1] > 5000
    assert run(engine, "main") == first
    assert run(engine, "main", fuel=10**9) == first


def test_quantum_decides(engine: str) -> None:
    assert run(engine, "main", quantum=100)[1] != run(engine, "main", quantum=5000)[1]


def test_locked_task_is_not_preempted(engine: str) -> None:
    assert run(engine, "locked")[:2] == ([3], 0)


@dataclass
class Info:
    """A hypercall of the kernel below."""

    name: str
    params: tuple[str, ...]
    result: str
    number: int = 1


class WaitingKernel:
    """A kernel with two calls: ``pause`` waits until a time that only waiting moves, ``tell`` notes a text."""

    def __init__(self) -> None:
        self.now = 0
        self.told: list[str] = []
        self.deadlines: dict[int, int] = {}

    def resolve(self, name: str) -> Info:
        return {"pause": Info("pause", ("i64",), "i64"), "tell": Info("tell", ("string",), "none")}[name]

    def call(self, task: object, hypercall: Info, args: Sequence[Any]) -> object:
        if hypercall.name == "tell":
            self.told.append(f"{self.now} {args[0]}")
            return None
        deadline = self.deadlines.setdefault(args[0], self.now + args[0])
        if args[0] < 0 or self.now < deadline:
            raise WouldBlock(None if args[0] < 0 else deadline)
        del self.deadlines[args[0]]
        return self.now

    def wait(self, waits: Iterable[WouldBlock], interrupted: Callable[[], bool] | None = None) -> bool:
        deadlines = [wait.deadline_ns for wait in waits if wait.deadline_ns is not None]
        if not deadlines:
            return False
        self.now = max(self.now, min(deadlines))
        return True


PAUSE = """
import kernel pause (i64) -> i64
import kernel tell (ref string)
func other() {
    i64.const 30
    hypercall pause
    prim.drop
    string.const "other"
    hypercall tell
    return
}
func main() -> i64 {
    func.ref other
    task.spawn
    ref.drop
    i64.const 20
    hypercall pause
    prim.drop
    string.const "main"
    hypercall tell
    i64.const 50
    hypercall pause
    return
}
func never() {
    i64.const -1
    hypercall pause
    prim.drop
    return
}
"""


def test_waiting_hypercalls_take_turns(engine: str) -> None:
    kernel = WaitingKernel()
    assert call(start(engine, PAUSE, kernel=kernel), "main") == 70
    assert kernel.told == ["20 main", "30 other"]


def test_hypercall_that_nothing_can_end_is_a_deadlock(engine: str) -> None:
    with pytest.raises(Trap) as caught:
        call(start(engine, PAUSE, kernel=WaitingKernel()), "never")
    assert caught.value.kind == "deadlock"
    assert [(frame.function, frame.pc) for frame in caught.value.frames] == [("never", 2)]


def test_fuel_ends_a_task_that_is_not_the_main_one(engine: str) -> None:
    with pytest.raises(Exhaustion) as caught:
        run(engine, "main", fuel=15_000)
    assert caught.value.kind == "fuel"
    assert caught.value.frames[-1].function in {"busy", "main"}
