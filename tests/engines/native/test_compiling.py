"""A worker that dies, hangs, devours memory or talks nonsense costs nothing but its code."""

from __future__ import annotations

import os
import re
import select
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pvm.engines.native import sources
from pvm.engines.native.machine_code import compiling, worker_process
from pvm.engines.native.machine_code.compiling import Compiler, request_key
from pvm.engines.native.machine_code.loader import load
from pvm.engines.native.machine_code.request import Limits, Request, literal_request
from pvm.engines.native.machine_code.target import AARCH64, X86_64_V2, host_target
from pvm.engines.native.machine_code.worker_process import WorkerError, WorkerProcess

PACKAGE = Path(sources.__file__).parents[2]
HERE = "tests.engines.native.generators"
HOST = host_target()
assert HOST is not None, "the native engine has no target for this machine"
SEVEN = literal_request("define i64 @f() {\n ret i64 7\n}\n")
GENEROUS = Limits()

pytestmark = pytest.mark.usefixtures("own_cache")


def failure(request: Request, limits: Limits = GENEROUS, module: str | None = None) -> str:
    """Why a worker gives nothing; it works again afterwards."""
    worker = WorkerProcess(module) if module else WorkerProcess()
    with pytest.raises(WorkerError) as caught:
        worker.compile(request, HOST, limits)
    if module is None:
        assert worker.compile(SEVEN, HOST, GENEROUS).symbols == {"f": 0}
    worker.close()
    return str(caught.value)


def test_code_comes_from_the_worker_then_from_the_cache() -> None:
    with Compiler() as compiler:
        first = compiler.obtain(SEVEN)
    assert first is not None
    assert load(first).function("f", "q", "")() == 7
    again = Compiler()
    assert again.obtain(SEVEN) == first
    assert again._worker is None


def test_failure_is_told_and_not_kept() -> None:
    with Compiler() as compiler:
        assert compiler.obtain(Request(f"{HERE}:fail")) is None
        assert compiler.failure == "ValueError: no such luck: ?"
        assert compiler.obtain(literal_request("nonsense")) is None
        assert compiler.failure.startswith("CompilationError: LLVM IR parsing error")
        assert compiler.obtain(Request("pvm.no_such_module:f")) is None
        assert compiler.failure == "ModuleNotFoundError: No module named 'pvm.no_such_module'"


def test_killed_worker() -> None:
    assert failure(Request(f"{HERE}:abort")) == "the worker ended, status -6"
    assert failure(Request(f"{HERE}:leave", b"3")) == "the worker ended, status 3"


def test_hung_worker() -> None:
    begin = time.monotonic()
    assert failure(Request(f"{HERE}:hang"), Limits(seconds=0.5)) == "the worker takes too long"
    assert time.monotonic() - begin < 20


def test_an_answer_counts_that_came_while_this_process_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = WorkerProcess()
    worker.compile(SEVEN, HOST, GENEROUS)
    real, clock, stopped = worker_process.is_ready, time.monotonic, [0.0]

    def stops(descriptor: int, event: int, seconds: float) -> bool:
        if event == select.POLLIN and not stopped[0]:
            assert real(descriptor, event, 60.0)
            stopped[0] = 100.0
            return False
        return real(descriptor, event, seconds)

    monkeypatch.setattr(worker_process, "is_ready", stops)
    monkeypatch.setattr(time, "monotonic", lambda: clock() + stopped[0])
    assert worker.compile(SEVEN, HOST, Limits(seconds=10.0)).symbols == {"f": 0}
    worker.close()


def test_worker_of_a_process_with_many_files() -> None:
    """``select`` refuses descriptors above 1,023."""
    resource = pytest.importorskip("resource")
    limit, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    worker, files = WorkerProcess(), []
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(limit, 2048) if most == -1 else min(most, max(limit, 2048)), most))
    try:
        files = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
        assert worker.compile(SEVEN, HOST, GENEROUS).symbols == {"f": 0}
    finally:
        worker.close()
        for descriptor in files:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (limit, most))


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="the system has no such thing")
def test_where_memory_runs_out_the_worker_goes_first() -> None:
    worker = WorkerProcess()
    worker.compile(SEVEN, HOST, GENEROUS)
    assert worker._child is not None
    assert Path(f"/proc/{worker._child.pid}/oom_score_adj").read_text().strip() == "1000"
    worker.close()


def test_worker_over_its_memory() -> None:
    assert failure(Request(f"{HERE}:devour", b"4000"), Limits(memory=1 << 30)).startswith("MemoryError")


@pytest.mark.parametrize("asked_before", [False, True])
def test_worker_of_another_version(asked_before: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who replaces PVM while a process runs gives it a worker whose code fits nothing there."""
    worker = WorkerProcess()
    if asked_before:
        worker.compile(SEVEN, HOST, GENEROUS)
    monkeypatch.setattr(sources, "_found", [bytes(32)])
    with pytest.raises(WorkerError, match="another version of PVM was installed"):
        worker.compile(SEVEN, HOST, GENEROUS)
    worker.close()


def test_limits_are_set() -> None:
    memory, seconds = failure(Request(f"{HERE}:limits"), Limits(memory=1 << 30, seconds=9.5)).split()[1:]
    assert memory == str(1 << 30)
    assert 11 <= int(seconds) <= 16


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("damaged", "the worker's answer is damaged"),
        ("flipped", "the worker's answer is damaged"),
        ("empty", ""),
        ("nonsense", "onsense"),
        ("text", "\ufffd\ufffd"),
        ("huge", "the worker's answer is too large"),
        ("short", "the worker ended, status 0"),
        ("nothing", "the worker ended, status 0"),
    ],
)
def test_odd_answers(kind: str, text: str) -> None:
    assert failure(Request(kind), module=HERE) == text


def test_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nonexistent/python")
    with Compiler() as compiler:
        assert compiler.obtain(SEVEN) is None
        assert compiler.failure.startswith("the worker cannot be reached")


def test_worker_that_is_no_python(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/bin/true")
    with Compiler() as compiler:
        assert compiler.obtain(SEVEN) is None
        assert re.match("the worker (ended|cannot be reached)", compiler.failure)


def test_what_generators_print_is_not_taken_for_the_answer() -> None:
    with Compiler() as compiler:
        blob = compiler.obtain(Request(f"{HERE}:chatter"))
    assert blob is not None
    assert load(blob).function("f", "q", "")() == 7


def test_a_worker_serves_many_requests() -> None:
    with Compiler() as compiler:
        found = [compiler.obtain(Request(f"{HERE}:process", bytes(count))) for count in range(3)]
    pids = {load(blob).function("f", "q", "")() for blob in found if blob is not None}
    assert len(pids) == 1
    assert os.getpid() not in pids


def test_threads_share_a_compiler() -> None:
    with Compiler() as compiler, ThreadPoolExecutor(4) as threads:
        irs = [f"define i64 @f() {{\n ret i64 {number % 3}\n}}\n" for number in range(9)]
        blobs = list(threads.map(lambda ir: compiler.obtain(literal_request(ir)), irs))
    assert [load(blob).function("f", "q", "")() for blob in blobs if blob is not None] == [0, 1, 2] * 3


def test_processes_compile_at_the_same_time() -> None:
    compilers = [Compiler() for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        blobs = list(threads.map(lambda compiler: compiler.obtain(SEVEN), compilers))
    for compiler in compilers:
        compiler.close()
    assert blobs[0] is not None
    assert blobs[0] == blobs[1] == blobs[2]


def test_who_waits_long_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pvm.engines.native.machine_code.worker_process._NOTE_AFTER", 0.0)
    notes: list[str] = []
    with Compiler(note=lambda: notes.append("waiting")) as compiler:
        assert compiler.obtain(SEVEN) is not None
        assert notes == ["waiting"]
        assert compiler.obtain(SEVEN) is not None
    assert notes == ["waiting"]


def test_keys_differ_in_all_that_code_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {
        request_key(Request("a:b", b"1"), X86_64_V2),
        request_key(Request("a:b", b"2"), X86_64_V2),
        request_key(Request("a:c", b"1"), X86_64_V2),
        request_key(Request("a:b", b"1"), AARCH64),
    }
    monkeypatch.setattr(compiling, "FORMAT", 99)
    keys.add(request_key(Request("a:b", b"1"), X86_64_V2))
    monkeypatch.setattr(compiling, "sources_digest", lambda: b"other")
    keys.add(request_key(Request("a:b", b"1"), X86_64_V2))
    monkeypatch.setattr(compiling, "_libraries", lambda: iter([("libllvmlite.so", 1, 1)]))
    keys.add(request_key(Request("a:b", b"1"), X86_64_V2))
    assert len(keys) == 7
    assert request_key(Request("a:b", b"1"), X86_64_V2) in keys


def test_keys_know_sources_image_and_llvm() -> None:
    names = {Path(name).name for folder in sources.FOLDERS for name, _, _ in sources._files(f"{PACKAGE}/{folder}")}
    assert {"lowering.py", "image.pbc", "layout.py", "integer.py", "effects.py", "verifier.py", "polls.py"} <= names
    assert any(name.startswith("libllvmlite") for name, _, _ in compiling._libraries())
