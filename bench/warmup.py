"""How long a program takes to reach its peak: from nothing, and when an earlier run has left machine code in the cache.

The peak is reached with the first iteration that takes at most a tenth longer than those at the end.  What comes
before it, the start of the process included, is the time to peak.  A compiler that works beside the program must not
hold it up: no part of the run from its start on may take much longer than the interpreter alone.
"""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bench.options import Options
from bench.peers import PVM, Case, build, module_path, present_peers, present_tiers, tier_case
from bench.report import Grid, Section
from bench.running import BenchmarkFailure, Run, run, steady_state
from bench.suite import SUITE, Program, chosen
from bench.timing import geometric_mean

PEAK = 1.1
ITERATIONS = 300
PRIME = SUITE[0]
TIMEOUT = 120.0
JIT = Case("pvm jit", lambda program: [*PVM, "--tier", "jit", str(module_path(program))], warms=True)
"""What people type: the option costs some 35 ms at the start."""
COLUMNS = ("java ms", "jit, cold ms", "jit, cached ms", "cold / cached", "worst / interpreter")


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(("interpreter", "jit"))
    java = [peer for peer in present_peers([])[0] if peer.case.name == "java"]
    programs = chosen(options.programs)
    build(java, [*programs, PRIME])
    rows: list[tuple[str, Sequence[float | None]]] = []
    for program in programs:
        size = program.sizes.quick
        theirs = attempt(java[0].case, program, ITERATIONS, size, notes) if java else None
        ours: list[float | None] = [None] * 4
        if "jit" in tiers:
            ours = jit_figures(program, size, notes, with_interpreter="interpreter" in tiers)
        rows.append((program.name, [theirs and time_to_peak(theirs), *ours]))
    means = [geometric_mean([value for _, row in rows if (value := row[place])]) for place in range(len(COLUMNS))]
    return [
        Grid(
            "Time to peak, process start included (quick sizes)", "", COLUMNS, [*rows, ("geometric mean", means)], notes
        )
    ]


def jit_figures(program: Program, size: int, notes: list[str], *, with_interpreter: bool) -> list[float | None]:
    """The columns that are about the JIT."""
    alone = None
    if with_interpreter:
        with fresh_cache(notes) as env:
            alone = attempt(tier_case("interpreter"), program, 11, size, notes, env)
    with fresh_cache(notes) as env:
        cold = attempt(JIT, program, ITERATIONS, size, notes, env)
        cached = attempt(JIT, program, ITERATIONS, size, notes, env)
    if cold is None or cached is None:
        return [None] * 4
    first, second = time_to_peak(cold), time_to_peak(cached)
    return [first, second, first / second, None if alone is None else worst_prefix(cold.micros, alone.micros)]


@contextmanager
def fresh_cache(notes: list[str]) -> Iterator[dict[str, str]]:
    """An environment whose cache has the engine itself only: to compile that once a machine is not measured here."""
    with tempfile.TemporaryDirectory(prefix="pvm-bench-") as folder:
        env = {**os.environ, "XDG_CACHE_HOME": folder}
        attempt(tier_case("interpreter"), PRIME, 1, PRIME.sizes.tiny, notes, env)
        yield env


def attempt(
    case: Case, program: Program, iterations: int, size: int, notes: list[str], env: dict[str, str] | None = None
) -> Run | None:
    """A run; if there is none, a note says why."""
    try:
        return run(case, program, iterations, size, timeout=TIMEOUT, env=env)
    except BenchmarkFailure as failure:
        notes.append(f"{program.name}, {case.name}: {failure}")
        return None


def time_to_peak(measured: Run) -> float:
    """Milliseconds from the start of the process to the start of the first iteration at the peak."""
    before_main = measured.wall * 1e6 - sum(measured.micros)
    return (before_main + sum(measured.micros[: peak_index(measured.micros)])) / 1e3


def peak_index(micros: Sequence[int]) -> int:
    """Which iteration is the first at the peak; the last one at the latest."""
    limit = PEAK * steady_state(micros)
    return next((index for index, taken in enumerate(micros) if taken <= limit), len(micros) - 1)


def worst_prefix(ours: Sequence[int], alone: Sequence[int]) -> float:
    """The largest ratio of the time of the first iterations, one, two and so on, to that of the interpreter alone."""
    pairs = zip(itertools.accumulate(ours), itertools.accumulate(alone), strict=False)
    return max(mine / other for mine, other in pairs)
