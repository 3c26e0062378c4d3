"""How the cost of the library's collections grows: the same work on sizes four times apart.

Fuel is charged for what the program does, so its growth is exact, whatever else the machine has to do; CPU time shows
the same, with the noise of caches and collections.  ``n`` elements at constant cost each grow four times, and
``n log n`` a little more.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import NamedTuple

import pvm
from bench.options import Options
from bench.report import Row, Section, Table
from bench.timing import interleave, medians, timed

FACTOR = 4
MOST_LINEAR = 4.4
MOST_N_LOG_N = 5.2
"""From 4,000 elements to 16,000, n log n grows 4.7 times."""


class Work(NamedTuple):
    """An exported function of ``collections.peb``, and what may come of four times the size."""

    function: str
    name: str
    most: float = MOST_LINEAR


WORKS = (
    Work("listAdd", "List.add"),
    Work("mapSet", "Map<Int, Int>, set and get"),
    Work("mapOfTexts", "Map<String, Int>, set"),
    Work("mapRemove", "Map, set and remove"),
    Work("setAdd", "Set.add"),
    Work("sortRandom", "sorted, random numbers", MOST_N_LOG_N),
    Work("sortSorted", "sorted, sorted numbers", MOST_N_LOG_N),
    Work("sortReversed", "sorted, reversed numbers", MOST_N_LOG_N),
    Work("priorities", "PriorityQueue, add and remove", MOST_N_LOG_N),
    Work("buildText", "StringBuilder.add"),
    Work("dequeBothEnds", "Deque, both ends"),
    Work("parseJson", "json.parse"),
)


def module() -> pvm.Module:
    """The program with the work."""
    return pvm.compile(Path(__file__).with_name("collections.peb"))


def fuel(instance: pvm.Instance, function: str, size: int) -> int:
    """What one call costs; it checks that nothing was lost on the way."""
    before = instance.statistics.fuel_used
    result = instance.call(function, size)
    if function != "buildText" and result != size:
        raise AssertionError(f"{function} of {size} gave {result}")
    return instance.statistics.fuel_used - before


def growth(instance: pvm.Instance, work: Work, size: int) -> float:
    """How many times as much fuel the work takes for four times the size."""
    return fuel(instance, work.function, FACTOR * size) / fuel(instance, work.function, size)


def tables(options: Options) -> list[Section]:
    size = 1_000 if options.quick else 4_000
    rows: list[Row] = []
    compiled = module()
    for work in WORKS:
        with pvm.Instance(compiled) as instance:
            grown = growth(instance, work, size)
            cases = {str(n): timed(partial(instance.call, work.function, n)) for n in (size, FACTOR * size)}
            taken = medians(interleave(cases, 2 if options.quick else 5))
        small, large = taken.values()
        verdict = "as it should" if grown <= work.most else "TOO FAST"
        note = f"fuel grows {grown:.2f} times, at most {work.most}: {verdict}"
        rows.append(Row(work.name, large * 1e9 / (FACTOR * size), "ns each", large / small, note))
    return [Table(f"Collections of {FACTOR * size:,} elements, CPU time", rows, f"time for {size:,}")]
