"""How soon a hostile program ends after its time is up, or after a signal, whatever it is busy with.

The programs of ``hostile.peb`` run in this process.  The signal is that of a timer, with the handler of Ctrl-C.  Beside
the time by the clock stands the processor time of the thread from that moment on, which other jobs do not add to.
"""

from __future__ import annotations

import math
import signal
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import NamedTuple

import pvm
from bench.options import Options
from bench.peers import present_tiers
from bench.report import Grid, Section
from bench.suite import PROGRAMS as FOLDER

TAIL_CALLS = """
func tailCalls(n: i64) {
    local.get n
    i64.const 1
    i64.add
    tail.call tailCalls
}
func start() {
    i64.const 0
    tail.call tailCalls
}
export tailCalls = start as ()
"""
"""Pebble has no tail calls."""


class Hostile(NamedTuple):
    """An endless export, and what is called before: with so many MiB, fewer for ``--quick``."""

    name: str
    prepare: str = ""
    full: int = 0
    quick: int = 0
    seconds: float = 0.15


PROGRAMS = (
    Hostile("loop"),
    Hostile("tailCalls"),
    Hostile("recursion"),
    Hostile("throws"),
    Hostile("deepThrows"),
    Hostile("concat", "prepareText", 500, 50),
    Hostile("compare", "prepareText", 500, 50),
    Hostile("equal", "prepareText", 500, 50),
    Hostile("hashes", "prepareText", 500, 50),
    Hostile("search", "prepareText", 500, 50),
    Hostile("fill", "prepareNumbers", 500, 50),
    Hostile("copy", "prepareNumbers", 500, 50),
    Hostile("newArrays", "prepareNumbers", 500, 50),
    Hostile("collections", "prepareCells", 1024, 64),
    Hostile("survivors"),
    Hostile("pingPong"),
    Hostile("hypercalls"),
)
TIERS = ("interpreter", "jit")
Stop = Callable[[pvm.Instance, str, float], float]


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(options.tiers or TIERS)
    return [table(tier, options, notes if tier == tiers[-1] else []) for tier in tiers]


def table(tier: str, options: Options, notes: list[str]) -> Grid:
    """How long each program runs on in a tier."""
    tail_calls = pvm.Module.assemble(TAIL_CALLS, "tail-calls")
    others = pvm.compile(FOLDER / "pebble" / "hostile.peb")
    rounds = 5 if options.quick else 21
    rows: list[tuple[str, Sequence[float | None]]] = []
    for program in PROGRAMS:
        size = program.quick if options.quick else program.full
        module = tail_calls if program.name in tail_calls.exports else others
        with pvm.Instance(module, limits=pvm.Limits(memory="3G", stack="16M"), tier=tier) as instance:
            if program.prepare:
                instance.call(program.prepare, size)
            figures: list[float] = []
            for stop in (after_deadline, after_signal):
                late = [stop(instance, program.name, program.seconds * (1 + n / rounds)) for n in range(rounds)]
                wall, cpu = zip(*late, strict=True)
                figures += [statistics.median(wall), max(wall), max(cpu)]
        rows.append((f"{program.name}, {size} MiB" if size else program.name, figures))
    columns = [f"{each}, {what}" for each in ("time", "signal") for what in ("median", "longest", "longest CPU")]
    return Grid(f"From the end of its time, or a signal, to the end of a run, pvm {tier}", "ms", columns, rows, notes)


class Late:
    """What passes from a moment on, some seconds after now, in milliseconds: by the clock, and of this thread's CPU."""

    def __init__(self, seconds: float) -> None:
        self._moment = math.inf
        self._clock = time.pthread_getcpuclockid(threading.get_ident())
        self._used = 0.0
        self._begun = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        # Last, since on a busy machine a thread takes its time to start.
        self._moment = time.monotonic() + seconds
        self._begun.set()

    def _look(self) -> None:
        self._begun.wait()
        time.sleep(max(0, self._moment - time.monotonic()))
        self._used = time.clock_gettime(self._clock)

    def end(self) -> tuple[float, float]:
        """How much passed until now."""
        used, now = time.clock_gettime(self._clock), time.monotonic()
        self._thread.join()
        return (now - self._moment) * 1e3, (used - self._used) * 1e3


def after_deadline(instance: pvm.Instance, name: str, seconds: float) -> tuple[float, float]:
    """Milliseconds from the deadline to the end of a call."""
    instance.limits = instance.limits._replace(timeout=seconds)
    late = Late(seconds)
    with suppress(pvm.Exhaustion):
        instance.call(name)
    return late.end()


def after_signal(instance: pvm.Instance, name: str, seconds: float) -> tuple[float, float]:
    """Milliseconds from a signal to the end of a call."""
    instance.limits = instance.limits._replace(timeout=None)
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        late = Late(seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        with suppress(KeyboardInterrupt):
            instance.call(name)
        return late.end()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, former)
