"""The programs of the suite on every tier of PVM and every peer: times, ratios, memory.

Runs are interleaved: in each round every case runs every program once, in an order that changes.
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

from bench.options import Options
from bench.peers import TIERS, Case, build, present_peers, present_tiers, tier_case
from bench.plot import write_plot
from bench.report import Grid, Section
from bench.running import BenchmarkFailure, Run, run
from bench.suite import Program, chosen
from bench.timing import geometric_mean, interleave

MEAN = "geometric mean"
BASE = "java"


class Effort(NamedTuple):
    """How much is measured: rounds, iterations of a run, and at least so many seconds where a compiler warms up."""

    rounds: int
    iterations: int
    seconds: float
    timeout: float


EFFORT = Effort(rounds=2, iterations=11, seconds=5.0, timeout=300.0)
QUICK = Effort(rounds=1, iterations=3, seconds=1.5, timeout=60.0)
# The first run of what warms up has so many iterations, and tells how many the second needs.
FIRST_ITERATIONS = 20
MOST_ITERATIONS = 10_000

# By program and case: the runs, or why there is none.
Outcomes = dict[tuple[str, str], list[Run] | str]


def tables(options: Options) -> list[Section]:
    tiers, notes = chosen_tiers(options)
    peers, missing = present_peers(options.peers)
    notes += missing
    programs = chosen(options.programs)
    build(peers, programs, tiers=bool(tiers))
    cases = [*map(tier_case, tiers), *(peer.case for peer in peers)]
    effort = QUICK if options.quick else EFFORT
    found = measure(programs, cases, effort, quick=options.quick)
    disagreements = refuse_different_results(programs, cases, found)
    failures = [f"{program}, {case}: {reason}" for (program, case), reason in found.items() if isinstance(reason, str)]
    return report(programs, cases, found, [*notes, *failures, *disagreements], options)


def chosen_tiers(options: Options) -> tuple[list[str], list[str]]:
    """The tiers to measure: the native ones, and the reference engine where it is asked for or the sizes are small."""
    wanted = options.tiers or TIERS
    present, notes = present_tiers(wanted)
    if "reference" in present and not options.tiers and not options.quick:
        present.remove("reference")
        notes.append("tier reference left out: the sizes are too large for it; --quick or --tiers reference has it")
    return present, notes


def measure(programs: Sequence[Program], cases: Sequence[Case], effort: Effort, *, quick: bool) -> Outcomes:
    """Run everything."""
    found: Outcomes = {}
    for program in programs:
        size = program.sizes.quick if quick else program.sizes.full
        attempts = {case.name: partial(attempt, case, program, size, effort) for case in cases}
        for name, runs in interleave(attempts, effort.rounds, discard=0).items():
            good = [outcome for outcome in runs if isinstance(outcome, Run)]
            failed = [outcome for outcome in runs if not isinstance(outcome, Run)]
            found[program.name, name] = failed[0] if failed else good
        print(f"  {program.name} measured", file=sys.stderr, flush=True)
    return found


def attempt(case: Case, program: Program, size: int, effort: Effort) -> Run | str:
    """A run, or why there is none."""
    try:
        if not case.warms:
            return run(case, program, effort.iterations, size, timeout=effort.timeout)
        first = run(case, program, FIRST_ITERATIONS, size, timeout=effort.timeout)
        needed = warming_iterations(first.micros, effort.seconds)
        return run(case, program, needed, size, timeout=effort.timeout)
    except BenchmarkFailure as failure:
        return str(failure)


def warming_iterations(micros: Sequence[int], seconds: float) -> int:
    """How many iterations take so many seconds, judged by the fastest of some; twenty at least."""
    needed = math.ceil(seconds * 1e6 / max(1, min(micros)))
    return max(FIRST_ITERATIONS, min(needed, MOST_ITERATIONS))


def refuse_different_results(programs: Sequence[Program], cases: Sequence[Case], found: Outcomes) -> list[str]:
    """Drop the runs of a program whose results are not the same everywhere, and say so."""
    lines = []
    for program in programs:
        results: dict[int, list[str]] = {}
        for case in cases:
            for each in runs_of(found, program.name, case.name):
                results.setdefault(each.result, []).append(case.name)
        if len(results) > 1:
            shown = "; ".join(f"{result} by {', '.join(sorted(set(names)))}" for result, names in results.items())
            lines.append(f"{program.name}: different results: {shown}")
            found |= {(program.name, case.name): [] for case in cases}
    return lines


def runs_of(found: Outcomes, program: str, case: str) -> list[Run]:
    """The runs, none if it failed."""
    outcome = found[program, case]
    return [] if isinstance(outcome, str) else outcome


def figure(found: Outcomes, program: str, case: str, *, least: bool) -> float | None:
    """Milliseconds of an iteration: the median of the runs, or the fastest of all."""
    runs = runs_of(found, program, case)
    times = [each.time(least=least) for each in runs]
    return (min(times) if least else statistics.median(times)) / 1e3 if times else None


def report(
    programs: Sequence[Program], cases: Sequence[Case], found: Outcomes, notes: Sequence[str], options: Options
) -> list[Section]:
    """The tables, and the plot if it is asked for."""
    names = [case.name for case in cases]
    times = {
        program.name: {case: figure(found, program.name, case, least=options.least) for case in names}
        for program in programs
    }
    what = "fastest iteration" if options.least else "time of an iteration"
    size = "quick" if options.quick else "full"
    sections: list[Section] = [Grid(f"Programs, {what} ({size} sizes)", "ms", names, rows(times, names), notes)]
    bases = [name for name in names if name.startswith("pvm ")] or [name for name in names if name == "CPython"]
    for base in bases:
        others = [name for name in names if name != base]
        sections.append(ratios(f"Programs, time of {base} as a multiple of", times, base, others))
    sections.append(Grid("Programs, highest resident size", "MiB", names, rows(memory(programs, names, found), names)))
    if options.plot is not None and BASE in names and len(names) > 1:
        write_plot(options.plot, relative(times, BASE, names), f"{what.capitalize()}, {BASE} = 1 ({size} sizes)")
        print(f"  wrote {options.plot}", file=sys.stderr)
    return sections


def rows(
    figures: Mapping[str, Mapping[str, float | None]], names: Sequence[str]
) -> list[tuple[str, Sequence[float | None]]]:
    """The rows of a grid."""
    return [(program, [by_case[name] for name in names]) for program, by_case in figures.items()]


def ratios(title: str, times: Mapping[str, Mapping[str, float | None]], base: str, others: Sequence[str]) -> Grid:
    """How many times as long as each of the others the base takes, by program and in the geometric mean."""
    body = {
        program: {name: ratio(by_case[base], by_case[name]) for name in others} for program, by_case in times.items()
    }
    means = [geometric_mean([value for row in body.values() if (value := row[name])]) for name in others]
    return Grid(title, "", others, [*rows(body, others), (MEAN, means)])


def relative(
    times: Mapping[str, Mapping[str, float | None]], base: str, names: Sequence[str]
) -> dict[str, dict[str, float | None]]:
    """The times as multiples of those of the base, with the geometric means at the end."""
    body = {
        program: {name: ratio(by_case[name], by_case[base]) for name in names} for program, by_case in times.items()
    }
    means = {name: geometric_mean([value for row in body.values() if (value := row[name])]) for name in names}
    return {**body, MEAN: means}


def ratio(value: float | None, base: float | None) -> float | None:
    """The quotient, if there is one."""
    return value / base if value is not None and base else None


def memory(programs: Sequence[Program], names: Sequence[str], found: Outcomes) -> dict[str, dict[str, float | None]]:
    """The highest resident size of a process, in MiB."""
    return {
        program.name: {
            name: max((each.kib for each in runs_of(found, program.name, name)), default=0) / 1024 or None
            for name in names
        }
        for program in programs
    }
