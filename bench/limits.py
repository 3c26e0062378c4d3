"""What limits cost: the same programs with a limit of fuel, and with one of time, that are never reached.

What is compared is the fastest iteration: the ratios are near 1, and any other job of the machine would hide them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from bench.options import Options
from bench.peers import Case, build, present_tiers, tier_case
from bench.report import Grid, Section
from bench.running import BenchmarkFailure, run
from bench.suite import Program, chosen
from bench.timing import geometric_mean, interleave

TIGHT = ("fannkuch", "mandelbrot", "sieve", "matmul", "queens", "towers", "vm")
LIMITS = {"no limit": (), "fuel": ("--fuel", "1000000000000000"), "time": ("--timeout", "1h")}
TIMEOUT = 120.0


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(options.tiers or ("interpreter", "jit"))
    programs = chosen(options.programs or TIGHT)
    build([], programs)
    sections = [costs(tier, programs, options) for tier in tiers]
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
        try:
            found = interleave(cases, 2 if options.quick else 7, discard=0)
        except BenchmarkFailure as failure:
            notes.append(f"{program.name}: {failure}")
            continue
        base = min(found["no limit"])
        rows.append((program.name, [min(found[name]) / base for name in names]))
    means = [geometric_mean([value for _, row in rows if (value := row[place])]) for place in range(len(names))]
    rows.append(("geometric mean", means))
    return Grid(f"What limits cost in pvm {tier}, as a multiple of no limit", "", names, rows, notes)


def limited(case: Case, arguments: Sequence[str]) -> Case:
    """The case with more options for ``pvm run``, which stand before the module."""

    def command(program: Program) -> list[str]:
        *head, module = case.command(program)
        return [*head, *arguments, module]

    return case._replace(command=command)


def fastest(case: Case, program: Program, size: int) -> float:
    """Microseconds of the fastest iteration.

    Raises:
        BenchmarkFailure: there is none.
    """
    return run(case, program, 40 if case.warms else 6, size, timeout=TIMEOUT).time(least=True)
