"""The library's tasks under every kind of turn: its critical sections hold, and runs repeat exactly."""

from __future__ import annotations

from functools import cache, partial
from pathlib import Path

import pytest

import pvm
from compiler.driver import compile_file
from pvm.embed import instance as embedding
from pvm.engines.api import EngineLimits
from tests.engines.running import call, start

PROGRAM = Path(__file__).with_name("preemption.peb")
EXPECTED = ["22140", "22140", "220 true", "20", "it was let through", "45", "[45, 190, 435]"]


@cache
def module() -> pvm.Module:
    return pvm.Module(compile_file(PROGRAM))


def run(engine: str, made: pvm.Module, monkeypatch: pytest.MonkeyPatch, quantum: int) -> tuple[list[str], int]:
    """Output and fuel of a run whose turns have a length."""
    monkeypatch.setattr(embedding, "EngineLimits", partial(EngineLimits, quantum=quantum))
    kernel = pvm.Kernel(stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    limits = pvm.Limits(fuel=50_000_000)
    with pvm.Instance(made, kernel=kernel, limits=limits, tier=engine) as made_instance:
        made_instance.run([made.name])
        used = made_instance.statistics.fuel_used
    assert kernel.stderr_bytes == b""
    return kernel.stdout_bytes.decode().splitlines(), used


@pytest.mark.parametrize("quantum", [1, 7, 31, 113, 997, 10_007])
def test_results_do_not_depend_on_turns(monkeypatch: pytest.MonkeyPatch, quantum: int, engine: str) -> None:
    found, _ = run(engine, module(), monkeypatch, quantum)
    assert found == EXPECTED


def test_fuel_is_the_same_in_every_run(monkeypatch: pytest.MonkeyPatch, engine: str) -> None:
    first = run(engine, module(), monkeypatch, 50)
    assert run(engine, module(), monkeypatch, 50) == first
    assert run(engine, module(), monkeypatch, 5000)[1] != first[1]


BULK = """
func other() {
    return
}
func main(rounds: i64) -> i64 {
    func.ref other
    task.spawn
    ref.drop
    task.lock
@next:
    i64.const 4000
    array.new i64
    ref.drop
    local.get rounds
    i64.const 1
    i64.sub
    local.set rounds
    local.get rounds
    i64.const 0
    i64.gt_s
    branch.if @next
    task.unlock
    i64.const 7
    return
}
"""


@pytest.mark.parametrize("quantum", [1, 100, 5000])
def test_a_bulk_operation_in_a_critical_section_may_take_longer_than_a_turn(quantum: int, engine: str) -> None:
    assert call(start(engine, BULK, quantum=quantum), "main", 5) == 7
