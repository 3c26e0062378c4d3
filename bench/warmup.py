"""How long a program takes to reach its peak: from nothing, and when an earlier run has left machine code in the cache.

The peak is what the better of the two comes to, and is reached with the first iteration that takes at most a tenth
longer.  What comes before it, the start of the process included, is the time to peak.  The second run starts when what
the first one has left behind to compile on has ended.

A compiler that works beside the program must not hold it up: no part of the run from its start on may take much longer
than the interpreter alone.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from bench.options import Options
from bench.peers import PVM, Case, build, module_path, present_peers, present_tiers, tier_case
from bench.report import Grid, Section
from bench.running import FIRST, REAL_TIME, BenchmarkFailure, Run, run, steady_state
from bench.suite import SUITE, Program, chosen
from bench.timing import geometric_mean

PEAK = 1.1
ITERATIONS = 300
PRIME = SUITE[0]
TIMEOUT = 120.0
SETTLE = 20.0
"""Seconds that a run may compile on after its end."""
ROUNDS = 3
ALONE_MICROS = 500_000
"""How long the interpreter runs alone, about: a worker has compiled some functions by then."""
ALONE_LEAST = 11
JIT = Case("pvm jit", lambda program: [*PVM, "--tier", "jit", str(module_path(program))], warms=True)
"""What people type: the option costs some 35 ms at the start."""
COLUMNS = ("java ms", "jit, cold ms", "jit, cached ms", "cold / cached", "worst / interpreter")


class Round(NamedTuple):
    """Runs of one program, each with a cache of its own: from nothing, the next one, and the interpreter alone."""

    cold: Run
    cached: Run
    alone: Run | None

    @property
    def peak(self) -> float:
        """Microseconds of an iteration of the program when it has warmed up."""
        return min(steady_state(self.cold.micros), steady_state(self.cached.micros))


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(("interpreter", "jit"))
    java = [peer for peer in present_peers([])[0] if peer.case.name == "java"]
    programs = chosen(options.programs)
    build(java, [*programs, PRIME])
    rows: list[tuple[str, Sequence[float | None]]] = []
    with primed_cache(notes) if "jit" in tiers else nullcontext() as primed:
        for program in programs:
            theirs = attempt(java[0].case, program, ITERATIONS, program.sizes.quick, notes) if java else None
            ours: list[float | None] = [None] * 4
            if primed is not None:
                rounds = 1 if options.quick else ROUNDS
                ours = jit_figures(program, primed, notes, rounds, with_interpreter="interpreter" in tiers)
            rows.append((program.name, [theirs and time_to_peak(theirs, steady_state(theirs.micros)), *ours]))
    means = [geometric_mean([value for _, row in rows if (value := row[place])]) for place in range(len(COLUMNS))]
    return [
        Grid(
            "Time to peak, process start included (quick sizes)", "", COLUMNS, [*rows, ("geometric mean", means)], notes
        )
    ]


def jit_figures(
    program: Program, primed: Path, notes: list[str], rounds: int, *, with_interpreter: bool
) -> list[float | None]:
    """The columns that are about the JIT: medians of some rounds."""
    found = []
    for _ in range(rounds):
        measured = one_round(program, primed, notes, with_interpreter=with_interpreter)
        if measured is None:
            return [None] * 4
        found.append(measured)
    first = statistics.median(time_to_peak(each.cold, each.peak) for each in found)
    second = statistics.median(time_to_peak(each.cached, each.peak) for each in found)
    alone = [each.alone.micros for each in found if each.alone is not None]
    worst = worst_prefix([each.cold.micros for each in found], alone) if alone else None
    return [first, second, first / second, worst]


def one_round(program: Program, primed: Path, notes: list[str], *, with_interpreter: bool) -> Round | None:
    """Run everything once; nothing if something fails."""
    alone, size, count = None, program.sizes.quick, ALONE_LEAST
    for _ in range(2 if with_interpreter else 0):
        with fresh_cache(primed) as env:
            alone = attempt(tier_case("interpreter"), program, count, size, notes, env)
        if alone is not None:
            count = max(ALONE_LEAST, min(ALONE_MICROS // max(1, int(steady_state(alone.micros))), ITERATIONS))
    with fresh_cache(primed) as env:
        cold = attempt(JIT, program, ITERATIONS, size, notes, env)
        cached = attempt(JIT, program, ITERATIONS, size, notes, env)
    return None if cold is None or cached is None else Round(cold, cached, alone)


@contextmanager
def primed_cache(notes: list[str]) -> Iterator[Path]:
    """A cache that has the engine itself only: to compile that once a machine is not measured here."""
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as folder:
        attempt(tier_case("interpreter"), PRIME, 1, PRIME.sizes.tiny, notes, {**os.environ, "XDG_CACHE_HOME": folder})
        for entry in Path(folder).glob("pvm/*"):
            if not entry.name.startswith("native-"):
                entry.unlink()
        yield Path(folder)


@contextmanager
def fresh_cache(primed: Path) -> Iterator[dict[str, str]]:
    """An environment whose cache is a copy of another."""
    with tempfile.TemporaryDirectory(prefix="pvm-bench-", ignore_cleanup_errors=True) as folder:
        shutil.copytree(primed, folder, dirs_exist_ok=True)
        precedence = {FIRST: REAL_TIME} if FIRST in os.environ else {}
        yield {**os.environ, **precedence, "XDG_CACHE_HOME": folder}


def attempt(
    case: Case, program: Program, iterations: int, size: int, notes: list[str], env: dict[str, str] | None = None
) -> Run | None:
    """A run; if there is none, a note says why."""
    try:
        return run(case, program, iterations, size, timeout=TIMEOUT, env=env, settle=SETTLE)
    except BenchmarkFailure as failure:
        notes.append(f"{program.name}, {case.name}: {failure}")
        return None


def time_to_peak(measured: Run, peak: float) -> float:
    """Milliseconds from the start of the process to the start of the first iteration at the peak."""
    before_main = measured.wall * 1e6 - sum(measured.micros)
    return (before_main + sum(measured.micros[: peak_index(measured.micros, peak)])) / 1e3


def peak_index(micros: Sequence[int], peak: float) -> int:
    """Which iteration is the first at the peak; the last one at the latest."""
    return next((index for index, taken in enumerate(micros) if taken <= PEAK * peak), len(micros) - 1)


def worst_prefix(ours: Sequence[Sequence[int]], alone: Sequence[Sequence[int]]) -> float:
    """The largest ratio of the time of the first iterations, one, two and so on, to that of the interpreter alone.

    Times are medians of several runs.
    """
    return max(mine / other for mine, other in zip(prefixes(ours), prefixes(alone), strict=False))


def prefixes(runs: Sequence[Sequence[int]]) -> list[float]:
    """How long the first iterations took, one, two and so on: medians of runs."""
    return [statistics.median(times) for times in zip(*map(itertools.accumulate, runs), strict=False)]
