"""A program that ends before all that is hot is compiled leaves the rest to the worker, or else to the next run."""

from __future__ import annotations

import marshal
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from fcntl import LOCK_EX, flock
from pathlib import Path

import pytest

import pvm
from bench.running import is_populated
from compiler.driver import compile_source
from pvm.engines.native import program as programs
from pvm.engines.native.interpreter.loading import interpreter_key
from pvm.engines.native.jit import background as background_module
from pvm.engines.native.jit.background import LIMITS, background
from pvm.engines.native.jit.build import compiled_function, digest, encode_argument
from pvm.engines.native.jit.kept import AFTERWARDS, HotFunction, Kept, Rest, load_hot, store_hot
from pvm.engines.native.jit.promotion import GENERATOR, HOT, Promotion
from pvm.engines.native.linked import program_key
from pvm.engines.native.machine_code.request import Limits, Request
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.native.machine_code.worker_process import WorkerError, WorkerProcess
from pvm.user_cache import cache_directory, sha256
from tests.conftest import end_background

HOST = host_target()
assert HOST is not None
ROOT = Path(__file__).parents[3]
PATIENCE = 60.0
SOURCE = """
fun main(args: Array<String>) -> Int { var s = 0
    for i in 0..<20000 { s += outer(i & 63) & 7 }
    println(s)
    return 0 }
fun outer(n: Int) -> Int { var s = 0
    for i in 0..<n { s += first(i, n) ^ second(i, s) }
    return s }
fun first(a: Int, b: Int) -> Int = if b <= 1 { a } else { third(a, b - 1) + 1 }
fun second(a: Int, b: Int) -> Int = if a <= 1 { b & 255 } else { fourth(a - 1, b) }
fun third(a: Int, b: Int) -> Int { var s = a
    for i in 0..<b { s ^= i * a }
    return s }
fun fourth(a: Int, b: Int) -> Int { var s = b & 1023
    for i in 0..<a { s += i ^ a }
    return s }
fun never(a: Int) -> Int = fourth(a, 2)
@export fun alsoNever(a: Int) -> Int = never(a)
"""
MODULE = pvm.Module(compile_source(SOURCE, name="afterwards.peb"))
DATA = MODULE.to_bytes()
NAMES = [function.name for function in MODULE.checked.verified.module.functions]
HOT_ONES = {NAMES.index(name) for name in ("outer", "third", "fourth")}
"""What is surely seen at a look, or called by what is."""


USERS_CACHE = cache_directory()


@pytest.fixture(autouse=True)
def warm_cache(own_cache: Path) -> Path:
    """A cache that has the engine, so that another process finds it, and nothing else."""
    known = Path(f"{USERS_CACHE}/native-{interpreter_key()}")
    if known.exists():
        shutil.copy(known, own_cache)
    return own_cache


def hot_key() -> str:
    """What the code of the program is kept under."""
    return sha256(f"{program_key(DATA)}\n{interpreter_key()}".encode()).hexdigest()


def run(folder: Path, *command: str) -> tuple[str, int]:
    """Run a process to the end of its output; what it printed, and its session."""
    program = folder / "afterwards.pbc"
    program.write_bytes(DATA)
    process = subprocess.Popen(
        [sys.executable, *command, str(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
        start_new_session=True,
    )
    output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, output
    return output, process.pid


def wait_for_end(session: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while is_populated(session):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_command_line_leaves_the_rest_to_the_worker(tmp_path: Path) -> None:
    # Nobody's output is held open: with the worker still there, `run` would wait for it.
    output, session = run(tmp_path, "-m", "pvm", "run", "--tier", "jit")
    wait_for_end(session)
    kept = load_hot(hot_key())
    assert kept.functions.keys() >= HOT_ONES
    assert kept.wanted == {}
    assert NAMES.index("never") not in kept.functions
    again, session = run(tmp_path, "-m", "pvm", "run", "--tier", "jit", "--stats")
    wait_for_end(session)
    assert again.startswith(output)
    assert f"{len(kept.functions)}, {len(kept.functions)} by earlier runs" in again


def test_a_program_that_embeds_leaves_nobody_behind(tmp_path: Path) -> None:
    script = tmp_path / "embedding.py"
    script.write_text(
        "import sys, pvm, pathlib\n"
        "module = pvm.Module.from_bytes(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "kernel = pvm.Kernel(stdout=pvm.CAPTURE)\n"
        "with pvm.Instance(module, kernel=kernel, tier='jit') as instance: instance.run(['afterwards'])\n"
    )
    _, session = run(tmp_path, str(script))
    begun = time.monotonic()
    wait_for_end(session)
    assert time.monotonic() - begun < 2.0
    kept = load_hot(hot_key())
    assert kept.functions.keys() | kept.wanted.keys() >= {NAMES.index("outer")}


def rest(
    *,
    wanted: dict[int, int],
    entered: set[int],
    compiled: set[int] = frozenset(),  # type: ignore[assignment]
    seconds: float = 10.0,
) -> Request:
    left = Rest(digest(DATA), "a" * 64, wanted, frozenset(entered), frozenset(), frozenset(compiled), seconds)
    return Request(AFTERWARDS, marshal.dumps(tuple(left)))


def left_to_worker(request: Request, limits: Limits = LIMITS) -> Kept:
    """What a worker keeps that was asked for ``main`` before, when it has ended."""
    worker = WorkerProcess()
    worker.compile(Request(GENERATOR, encode_argument(DATA, NAMES.index("main"))), HOST, LIMITS)
    child = worker._child
    assert child is not None
    assert worker.leave([request], HOST, limits)
    with pytest.raises(WorkerError, match="left to itself"):
        worker.compile(request, HOST, LIMITS)
    worker.kill()
    worker.close()
    os.close(child.requests)
    os.close(child.answers)
    child.wait()
    return load_hot("a" * 64)


def test_what_has_run_of_what_is_called_is_compiled_too() -> None:
    outer, first, never = (NAMES.index(name) for name in ("outer", "first", "never"))
    everything = set(range(len(NAMES)))
    kept = left_to_worker(rest(wanted={outer: 9}, entered=everything - {never}, compiled={first}))
    assert outer in kept.functions
    assert not kept.functions.keys() & {first, never}
    assert all(hot.heat == 9 for hot in kept.functions.values())


def test_a_function_that_fails_stays_wanted_and_stops_nobody() -> None:
    store_hot("a" * 64, {}, {9999: 20})
    outer = NAMES.index("outer")
    kept = left_to_worker(rest(wanted={9999: 20, outer: 9}, entered=set()))
    assert list(kept.functions) == [outer]
    assert kept.wanted == {9999: 20}


def test_what_another_run_has_compiled_is_left_out_and_what_takes_too_long_stays_wanted() -> None:
    outer, third, fourth = (NAMES.index(name) for name in ("outer", "third", "fourth"))
    found = left_to_worker(rest(wanted={outer: 9}, entered=set())).functions
    kept = left_to_worker(rest(wanted={outer: 20, third: 9}, entered=set()))
    assert kept.functions[outer] == found[outer]
    assert kept.functions.keys() == {outer, third}
    kept = left_to_worker(rest(wanted={fourth: 9}, entered=set(), seconds=0.0))
    assert kept.functions.keys() == {outer, third}
    assert kept.wanted == {fourth: 9}


def test_one_worker_at_a_time_goes_on(warm_cache: Path) -> None:
    with (warm_cache / "afterwards.lock").open("w") as other:
        flock(other, LOCK_EX)
        assert left_to_worker(rest(wanted={NAMES.index("outer"): 9}, entered=set())).functions == {}


def test_a_worker_that_does_not_listen_is_not_left() -> None:
    worker = WorkerProcess("tests.engines.native.failing_workers")
    child = worker._running()
    os.set_blocking(child.requests, False)
    with suppress(BlockingIOError):
        while os.write(child.requests, bytes(1 << 16)):
            pass
    assert not worker.leave([rest(wanted={0: 1}, entered=set())], HOST, LIMITS)
    worker.close()
    assert child.status() == -9
    assert not worker.leave([], HOST, LIMITS)


def test_the_next_run_asks_for_what_was_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    outer, third, fourth = (NAMES.index(name) for name in ("outer", "third", "fourth"))
    store_hot(hot_key(), {}, {outer: HOT, third: HOT - 1})
    asked: list[int] = []
    monkeypatch.setattr(Promotion, "_ask", lambda _, function: asked.append(function))
    programs._PROGRAMS.clear()
    with pvm.Instance(pvm.Module.from_bytes(DATA), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        machine.program.promotion.sample([fourth])
        assert asked == [outer]
    assert load_hot(hot_key()).wanted == {outer: HOT, third: HOT - 1, fourth: 3}


def other_runs_code(function: int) -> HotFunction:
    """What another run of the program may keep of a function."""
    blob = compiled_function(HOST, DATA, function)
    return HotFunction(HOT, blob)


@pytest.fixture
def nobody_compiled() -> Iterator[None]:
    programs._PROGRAMS.clear()
    end_background()
    yield
    end_background()


@pytest.mark.usefixtures("nobody_compiled")
def test_a_run_takes_what_others_compile_meanwhile() -> None:
    third, fourth = (NAMES.index(name) for name in ("third", "fourth"))
    with pvm.Instance(pvm.Module.from_bytes(DATA), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        store_hot(hot_key(), {third: other_runs_code(third)}, {})
        for _ in range(HOT):
            promotion.sample([fourth])
        background().wait()
        assert promotion.compiled.keys() == {third, fourth}
        assert promotion.from_cache == 1
        assert load_hot(hot_key()).functions.keys() == {third, fourth}
        assert instance.call("alsoNever", 5) == instance.call("alsoNever", 5)


@pytest.mark.usefixtures("nobody_compiled")
def test_a_run_waits_a_little_for_the_worker_of_the_one_before(
    warm_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background_module, "ATTEND_SECONDS", 600.0)
    third, fourth = (NAMES.index(name) for name in ("third", "fourth"))
    with pvm.Instance(pvm.Module.from_bytes(DATA), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        with (warm_cache / "afterwards.lock").open("w") as other:
            other.write(hot_key())
            other.flush()
            flock(other, LOCK_EX)
            for _ in range(HOT):
                promotion.sample([third, fourth])
            store_hot(hot_key(), {third: other_runs_code(third)}, {})
            deadline = time.monotonic() + PATIENCE
            while third not in promotion.compiled:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            assert not background().compiler.has_worker
        for _ in range(HOT):
            promotion.sample([fourth])
        background().wait()
        assert promotion.compiled.keys() == {third, fourth}
        assert background().compiler.has_worker


def test_nobody_waits_for_the_worker_of_another_program(warm_cache: Path) -> None:
    with pvm.Instance(pvm.Module.from_bytes(DATA), tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        with (warm_cache / "afterwards.lock").open("w") as other:
            flock(other, LOCK_EX)
            assert not promotion.is_attended
            other.write("b" * 64)
            other.flush()
            assert not promotion.is_attended
