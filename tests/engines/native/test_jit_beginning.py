"""How compiling begins: late enough for short programs to be spared, beside the program, at low priority."""

from __future__ import annotations

import os
import sys
import time

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import cores as cores_module
from pvm.engines.native import program as program_module
from pvm.engines.native.jit import background as background_module
from pvm.engines.native.jit.background import LIMITS, background
from pvm.engines.native.jit.promotion import HOT, READY
from pvm.engines.native.machine import LOOK, LOOK_SELDOM
from pvm.engines.native.machine_code.request import Request, literal_request
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.native.machine_code.worker_process import WorkerError, WorkerProcess
from pvm.engines.native.program import PATIENCE, TRIES, Program

SOURCE = "@export fun twice(n: Int) -> Int = n + n\nfun main() {}"
MODULE = pvm.Module(compile_source(SOURCE, name="beginning.peb"))
HOST = host_target()
assert HOST is not None


pytestmark = pytest.mark.usefixtures("own_worker")


@pytest.fixture(autouse=True)
def cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine has enough of them to compile beside the program."""
    monkeypatch.setattr(cores_module, "has_cores", lambda: True)
    monkeypatch.setattr(cores_module, "is_rationed", lambda: False)


def waited_for_promotion(program: Program) -> None:
    deadline = time.monotonic() + 30
    while program.promotion is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_nothing_is_counted_or_started_before_a_program_has_run_for_a_while() -> None:
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        program = machine.program
        for _ in range(PATIENCE - 1):
            assert not program.is_time_to_compile(machine._code)
            assert not program.is_finding
        assert program.promotion is None
        assert not program.is_time_to_compile(machine._code)
        waited_for_promotion(program)
        assert program.is_time_to_compile(machine._code)
        assert program.is_finding
        background().wait()
        assert background().compiler._worker is not None
        background().close()


def test_looks_are_seldom_but_while_hot_functions_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "monotonic_ns", lambda: 10**9)
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        for is_finding, interval in ((False, LOOK_SELDOM), (True, LOOK), (False, LOOK_SELDOM)):
            monkeypatch.setattr(Program, "is_finding", is_finding)
            machine._adapt_clock()
            assert machine.cage.word("look_at") == 10**9 + interval


def test_a_program_whose_worker_cannot_be_started_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        for _ in range(PATIENCE):
            machine.program.is_time_to_compile(machine._code)
        waited_for_promotion(machine.program)
        background().wait()
        assert instance.call("twice", 4) == 8
        assert background().compiler.failure.startswith("the worker cannot be reached")


def test_one_that_is_closed_begins_nothing_more_and_can_be_waited_for() -> None:
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        background().wait()
        background().close()
        background().prepare(promotion)
        background().ask(promotion)
        background().wait()
        assert not background().compiler.failure
        assert not promotion.compiled


def test_a_worker_that_was_prepared_knows_the_program() -> None:
    worker = WorkerProcess()
    assert worker.ask(Request(READY, MODULE.to_bytes()), HOST, LIMITS) == b""
    with pytest.raises(WorkerError, match="FormatError"):
        worker.ask(Request(READY, b"no module"), HOST, LIMITS)
    worker.close()


def test_a_worker_is_nice_from_the_start() -> None:
    worker = WorkerProcess(niceness=3)
    child = worker._running()
    assert os.getpriority(os.PRIO_PROCESS, child.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 3
    assert worker.compile(literal_request("define void @f() {\n ret void\n}\n"), HOST, LIMITS).symbols == {"f": 0}
    worker.close()


def test_a_worker_whose_priority_cannot_be_set_works(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "setpriority", refused)
    worker = WorkerProcess(niceness=3)
    assert worker.compile(literal_request("define void @f() {\n ret void\n}\n"), HOST, LIMITS).symbols == {"f": 0}
    worker.close()


def test_the_hottest_come_first_and_of_these_the_shortest(monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
        @export fun long(n: Int) -> Int { var s = n
            for i in 0..<n { s = s * 3 + (i ^ s) - (s & 5) }
            return s }
        @export fun short(n: Int) -> Int = n + 1
        @export fun hot(n: Int) -> Int { var s = n
            for i in 0..<n { s = s * 5 + (i ^ s) - (s & 3) }
            return s }
        fun main() {}"""
    monkeypatch.setattr(background_module.Background, "ask", lambda _, __: None)
    with pvm.Instance(pvm.Module(compile_source(source, name="order.peb")), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        names = [function.name for function in machine.program.module.functions]
        for name in ("long", "short", "hot"):
            instance.call(name, 1)
            for _ in range(HOT + (name == "hot")):
                promotion.sample([names.index(name)])
        taken = [promotion.hottest() for _ in range(4)]
        assert taken == [*(names.index(name) for name in ("hot", "short", "long")), None]


def test_a_program_for_which_no_thread_can_be_started_goes_on_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    def trouble(instance: pvm.Instance) -> str:
        compilation = instance.statistics.compilation
        assert compilation is not None
        return compilation.trouble

    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        with monkeypatch.context() as full:
            full.setattr(program_module, "start_new_thread", refuse)
            for _ in range(PATIENCE):
                assert not machine.program.is_time_to_compile(machine._code)
            assert trouble(instance) == "can't start new thread"
        with monkeypatch.context() as full:
            full.setattr(background_module, "start_new_thread", refuse)
            for _ in range(TRIES):
                machine.program.is_time_to_compile(machine._code)
            waited_for_promotion(machine.program)
            for _ in range(HOT):
                machine.program.promoted(machine._code).sample([0])
        assert trouble(instance) == "RuntimeError: can't start new thread"
        assert instance.call("twice", 4) == 8
        for _ in range(HOT):
            machine.program.promoted(machine._code).sample([1])
        background().wait()
        assert trouble(instance) == ""
        background().close()


def test_worker_and_thread_end_when_there_is_nothing_to_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background_module, "IDLE_SECONDS", 0.05)
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        for function in (0, 1):
            for _ in range(HOT):
                promotion.sample([function])
            background().wait()
            assert function in promotion.compiled
            deadline = time.monotonic() + 30
            while background()._runs:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert background().compiler._worker is None
        assert instance.call("twice", 4) == 8
