"""Running one case of one program as a process, and reading what it printed."""

from __future__ import annotations

import os
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from bench.peers import ROOT, Case, first_line
from bench.suite import Program
from bench.timing import Cost

SPAWN = Path(__file__).parent / "spawn.py"
RUNTIME = re.compile(r"^(\w+): iterations=1 runtime: (\d+)us$")
RESULT = re.compile(r"^(\w+): result=(-?\d+)$")
PROCESS_TIMEOUT = 120.0
# The variable that asks for precedence over other jobs; `spawn.py` reads it.
FIRST = "PVM_BENCH_FIRST"
NICE, REAL_TIME = "nice", "real-time"
# The figure of a run is the median of its last iterations, so many.
COUNTED = 10


class Run(NamedTuple):
    """What a process did: microseconds of each iteration, the result, the highest resident size, seconds in all."""

    micros: tuple[int, ...]
    result: int
    kib: int
    wall: float

    def time(self, *, least: bool = False) -> float:
        """Microseconds of an iteration when the program has warmed up, or of the fastest."""
        return min(self.micros) if least else steady_state(self.micros)


class Spawned(NamedTuple):
    """What a process printed, the highest resident size in KiB, seconds of CPU and of wall time."""

    output: str
    kib: int
    cpu: float
    wall: float


class BenchmarkFailure(Exception):
    """A program did not run, or gave a wrong result; the message says why."""


def steady_state(micros: Sequence[int]) -> float:
    """The median of the last ten iterations; the first one never counts, unless it is the only one."""
    return statistics.median(micros[max(1, len(micros) - COUNTED) :] or micros)


def run(
    case: Case,
    program: Program,
    iterations: int,
    size: int,
    *,
    timeout: float,
    env: Mapping[str, str] | None = None,
    settle: float = 0.0,
) -> Run:
    """Run a program in a process of its own, in the environment at hand or in another; ``settle`` as for ``spawned``.

    Raises:
        BenchmarkFailure: it fails or takes too long, or what it prints is not what a benchmark prints.
    """
    used = spawned([*case.command(program), str(iterations), str(size)], case.folder, timeout, env, settle=settle)
    micros, result = parse(program.name, used.output)
    if len(micros) != iterations:
        raise BenchmarkFailure(f"{len(micros)} iterations instead of {iterations}")
    return Run(micros, result, used.kib, used.wall)


def spawned(
    command: Sequence[str],
    folder: Path,
    timeout: float,
    env: Mapping[str, str] | None = None,
    *,
    settle: float = 0.0,
) -> Spawned:
    """Run a process to its end, and wait for so many seconds until processes that it has left behind have ended.

    Raises:
        BenchmarkFailure: it fails or takes too long.
    """
    read, write = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", str(SPAWN), str(write), *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=folder,
        env=env,
        pass_fds=(write,),
        start_new_session=True,
    )
    os.close(write)
    with os.fdopen(read, encoding="ascii") as used:
        try:
            output, errors = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise BenchmarkFailure(f"longer than {timeout:.0f} s") from None
        if process.returncode:
            raise BenchmarkFailure(f"status {process.returncode}: {first_line(errors)}")
        kib, cpu, wall = used.read().split()
    deadline = time.monotonic() + settle
    while time.monotonic() < deadline and is_populated(process.pid):
        time.sleep(0.02)
    return Spawned(output, int(kib), float(cpu), float(wall))


def is_populated(session: int) -> bool:
    """Whether there are processes in a session; not known without ``/proc``, where it is taken to be so."""
    if not os.path.isdir("/proc/self"):  # noqa: PTH112
        return True
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, found = entry.read_text(encoding="latin-1").rpartition(")")[2].split()[:4]
            if int(found) == session and state != "Z":
                return True
    return False


def process(command: Sequence[str], *, env: Mapping[str, str]) -> Callable[[], Cost]:
    """A case that gives the time of a whole process.

    Raises:
        BenchmarkFailure: the process fails.
    """

    def measure() -> Cost:
        used = spawned(command, ROOT, PROCESS_TIMEOUT, env)
        return Cost(used.cpu, used.wall)

    return measure


def parse(name: str, output: str) -> tuple[tuple[int, ...], int]:
    """The iterations and the result that a program printed.

    Raises:
        BenchmarkFailure: the output is another.
    """
    micros: list[int] = []
    result: int | None = None
    for line in output.splitlines():
        if (found := RUNTIME.match(line)) and found[1] == name:
            micros.append(int(found[2]))
        elif (found := RESULT.match(line)) and found[1] == name:
            result = int(found[2])
        else:
            raise BenchmarkFailure(f"unexpected output: {line}")
    if result is None:
        raise BenchmarkFailure("no result")
    return tuple(micros), result
