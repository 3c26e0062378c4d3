"""What limits cost: the same programs with a limit of fuel, and with one of time, that are never reached.

Besides, what counting fuel and looking at the counter cost compiled code, limits or not.

What is compared is the fastest iteration: the ratios are near 1, and any other job of the machine would hide them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from bench.options import Options
from bench.peers import BUILD, Case, build, present_tiers, tier_case
from bench.programs import FIRST_ITERATIONS, warming_iterations
from bench.report import Grid, Section
from bench.running import BenchmarkFailure, run
from bench.suite import Program, chosen
from bench.timing import geometric_mean, interleave

TIGHT = ("fannkuch", "mandelbrot", "sieve", "matmul", "queens", "towers", "vm")
LIMITS = {"no limit": (), "fuel": ("--fuel", "1000000000000000"), "time": ("--timeout", "1h")}
ACCOUNTING = {"neither": "neither", "polls": "looks", "polls and fuel": "counts"}
TIMEOUT = 120.0
SECONDS = 1.0
"""How long a compiler has time to warm up."""


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(options.tiers or ("interpreter", "jit"))
    programs = chosen(options.programs or TIGHT)
    build([], programs)
    sections = [costs(tier, programs, options) for tier in tiers]
    if "jit" in tiers:
        sections.append(accounting(programs, options))
    return [*sections, *([Grid("What limits cost", "", [], [], notes)] if notes else [])]


def costs(tier: str, programs: Sequence[Program], options: Options) -> Grid:
    """Times with a limit as multiples of those without."""
    rows: list[tuple[str, Sequence[float | None]]] = []
    notes: list[str] = []
    names = list(LIMITS)[1:]
    for program in programs:
        size = program.sizes.tiny if tier == "reference" else program.sizes.quick
        cases = {
            name: partial(fastest, limited(tier_case(tier), arguments), program, size)
            for name, arguments in LIMITS.items()
        }
        compare(program, cases, names, options, rows, notes)
    rows.append(("geometric mean", means(rows, names)))
    return Grid(f"What limits cost in pvm {tier}, as a multiple of no limit", "", names, rows, notes)


def accounting(programs: Sequence[Program], options: Options) -> Grid:
    """Times of compiled code that looks at the counter, and of code that counts too, as multiples of those without."""
    rows: list[tuple[str, Sequence[float | None]]] = []
    notes: list[str] = []
    names = list(ACCOUNTING)[1:]
    for program in programs:
        cases = {
            name: partial(fastest, accounted(mode), program, program.sizes.quick) for name, mode in ACCOUNTING.items()
        }
        compare(program, cases, names, options, rows, notes)
    rows.append(("geometric mean", means(rows, names)))
    return Grid("What polls and fuel cost in compiled code, as a multiple of neither", "", names, rows, notes)


def compare(
    program: Program,
    cases: Mapping[str, Callable[[], float]],
    names: Sequence[str],
    options: Options,
    rows: list[tuple[str, Sequence[float | None]]],
    notes: list[str],
) -> None:
    """Add the row of a program, its times as multiples of those of the first case, or a note why there is none."""
    try:
        found = interleave(cases, 2 if options.quick else 7, discard=0)
    except BenchmarkFailure as failure:
        notes.append(f"{program.name}: {failure}")
        return
    base = min(found[next(iter(cases))])
    rows.append((program.name, [min(found[name]) / base for name in names]))


def means(rows: Sequence[tuple[str, Sequence[float | None]]], names: Sequence[str]) -> list[float]:
    """The geometric mean of each column."""
    return [geometric_mean([value for _, row in rows if (value := row[place])]) for place in range(len(names))]


def accounted(mode: str) -> Case:
    """The JIT with code that does this about fuel."""

    def command(program: Program) -> list[str]:
        return [sys.executable, "-m", "bench.accounted", mode, str(BUILD / "pbc" / f"{program.name}.pbc")]

    return Case(f"jit {mode}", command, warms=True)


def limited(case: Case, arguments: Sequence[str]) -> Case:
    """The case with more options for ``pvm run``, which stand before the module."""

    def command(program: Program) -> list[str]:
        *head, module = case.command(program)
        return [*head, *arguments, module]

    return case._replace(command=command)


def fastest(case: Case, program: Program, size: int) -> float:
    """Microseconds of the fastest iteration, of as many as a compiler needs to warm up.

    Raises:
        BenchmarkFailure: there is none.
    """
    if not case.warms:
        return run(case, program, 6, size, timeout=TIMEOUT).time(least=True)
    first = run(case, program, FIRST_ITERATIONS, size, timeout=TIMEOUT)
    return run(case, program, warming_iterations(first.micros, SECONDS), size, timeout=TIMEOUT).time(least=True)
