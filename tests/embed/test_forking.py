"""Programs in processes that were forked: each goes on alone, whatever the others translate and compile."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Callable

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.interpreter import loading
from pvm.engines.native.machine_code.request import Limits, literal_request
from pvm.engines.native.machine_code.target import host_target
from pvm.engines.native.machine_code.worker_process import WorkerProcess

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

FUNCTIONS = 12
SOURCE = "\n".join(
    [
        "fun mix(n: Int, by: Int) -> Int { var s = by\n for i in 0..n { s = s &* 31 &+ i }\n return s }",
        *(
            f"@export fun f{number}(n: Int) -> Int {{ var s = {number}\n"
            f" for i in 0..n {{ s = s &+ mix({number} + 2, i) &+ i % {number + 2} }}\n return s }}"
            for number in range(FUNCTIONS)
        ),
    ]
)


def in_child(work: Callable[[], None]) -> int:
    """Do something in a forked process; how that ended."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:  # noqa: BLE001 - the process ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_forked_processes_translate_and_compile_different_functions(engine: str) -> None:
    module = pvm.Module(compile_source(SOURCE, name="forked.peb"))
    with pvm.Instance(module, tier="reference") as reference:
        wanted = [reference.call(f"f{number}", 40) for number in range(FUNCTIONS)]

    def calls(instance: pvm.Instance, first: int) -> None:
        for step in range(FUNCTIONS):
            number = (first + 5 * step) % FUNCTIONS
            assert instance.call(f"f{number}", 40) == wanted[number]

    def child(instance: pvm.Instance, first: int) -> None:
        calls(instance, first)
        with pvm.Instance(module, tier=engine) as other:  # type: ignore[arg-type] # a text
            calls(other, first + 1)
        grandchild = in_child(lambda: calls(instance, first + 2))
        calls(instance, first)
        assert ended(grandchild) == 0

    with pvm.Instance(module, tier=engine) as instance:  # type: ignore[arg-type] # a text
        assert instance.call("f3", 40) == wanted[3]
        children = [in_child(lambda first=first: child(instance, first)) for first in range(4)]  # type: ignore[misc]
        calls(instance, 7)
        assert [ended(each) for each in children] == [0] * len(children)
        calls(instance, 0)


def test_a_host_function_may_fork() -> None:
    module = pvm.compile(source='@host("h.fork") fun fork() -> Int\n@export fun go() -> Int = fork() * 7 + late(3)\n'
                         "fun late(n: Int) -> Int = n * n")  # fmt: skip
    pids = []

    def fork() -> int:
        pids.append(os.fork())
        return 1 if pids[-1] else 2

    with pvm.Instance(module, imports={"h.fork": fork}) as instance:
        found = instance.call("go")
        if not pids[-1]:
            os._exit(found)
        assert found == 16
        assert ended(pids[-1]) == 23


def test_who_was_forked_does_not_keep_a_worker_from_ending() -> None:
    target = host_target()
    assert target is not None
    worker = WorkerProcess()
    worker.compile(literal_request("define i64 @f() {\n  ret i64 7\n}\n"), target, Limits())
    child = worker._child
    assert child is not None
    release, hold = os.pipe()

    def wait() -> None:
        os.close(hold)
        gc.collect()
        os.read(release, 1)

    pid = in_child(wait)
    child.forget()
    worker._child = None
    try:
        assert child.wait() == 0
    finally:
        os.close(hold)
        os.close(release)
    assert ended(pid) == 0


def test_locks_that_other_threads_hold_are_free_in_a_child() -> None:
    module = pvm.Module(compile_source("@export fun f() -> Int = 7", name="locks.peb"))
    pvm.Instance(module).close()

    def work() -> None:
        with pvm.Instance(module) as instance:
            assert instance.call("f") == 7
        assert loading.code_region()._take(1 << 12)

    with loading._lock, loading.code_region()._lock:
        assert ended(in_child(work)) == 0
