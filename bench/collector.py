"""The garbage collector against Java's default one: how fast objects are made, and how long a program is held up.

Pauses are seen from inside: batches of allocations are timed while much is alive, and what takes much longer than a
batch does was held up, by the collector or by the system.  Java's own log is quoted beside.
"""

from __future__ import annotations

import re
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.options import Options
from bench.peers import Case, build, build_pebble, present_peers, present_tiers, tier_case
from bench.report import Grid, Section
from bench.running import COUNTED, BenchmarkFailure, run, spawned
from bench.suite import Program, Sizes

ALLOCATION = Program("allocation", "Allocation", Sizes(10_240, 4_096_000, 10_240_000), "short-lived objects")
PAUSES = Program("pauses", "Pauses", Sizes(1, 64, 1_024), "MiB that stay alive")
NATIVE = ("interpreter", "jit")
FOUND = re.compile(r"pauses: batches=(\d+) batch=(\d+)us count=(\d+) median=(\d+)us longest=(\d+)us\n")
LOGGED = re.compile(r"\bPause .* (\d+\.\d+)ms$", re.MULTILINE)
TIMEOUT = 300.0


class Pauses(NamedTuple):
    """What stood out, in microseconds: a batch of a thousand allocations, and how long it was held up."""

    batches: int
    batch: int
    seen: int
    median: int
    longest: int


def tables(options: Options) -> list[Section]:
    tiers, notes = present_tiers(options.tiers or NATIVE)
    java = [peer for peer in present_peers([])[0] if peer.case.name == "java"]
    if not java:
        notes += present_peers(["java"])[1]
    build(java, [])
    for program in (ALLOCATION, PAUSES):
        build_pebble(program.name)
    cases = [*map(tier_case, tiers), *(peer.case for peer in java)]
    return [rates(cases, notes, options), pauses(cases, options)]


def size_of(program: Program, case: Case, options: Options) -> int:
    """The size; the reference engine gets the smallest."""
    if case.name == "pvm reference":
        return program.sizes.tiny
    return program.sizes.quick if options.quick else program.sizes.full


def rates(cases: Sequence[Case], notes: Sequence[str], options: Options) -> Grid:
    """Objects a second, with a small live set; one in eight is an array of eight numbers.

    It is the mean of the last iterations: a collection in one of them is part of what allocation costs.
    """
    found: dict[str, float | None] = {}
    failures = []
    for case in cases:
        size = size_of(ALLOCATION, case, options)
        iterations = 20 if case.warms else 5 if options.quick else 11
        try:
            runs = [run(case, ALLOCATION, iterations, size, timeout=TIMEOUT) for _ in range(1 if options.quick else 3)]
        except BenchmarkFailure as failure:
            failures.append(f"{case.name}: {failure}")
            continue
        found[case.name] = size / statistics.median(statistics.mean(each.micros[-COUNTED:]) for each in runs)
    base = found.get("java")
    rows = [(name, [rate, rate / base if rate and base else None]) for name, rate in found.items()]
    return Grid("Allocation, small live set", "", ["M objects/s", "x java"], rows, [*notes, *failures])


def pauses(cases: Sequence[Case], options: Options) -> Grid:
    """Pauses in milliseconds, by case and at the end from Java's log."""
    rows: list[tuple[str, Sequence[float | None]]] = []
    notes = []
    live = PAUSES.sizes.quick if options.quick else PAUSES.sizes.full
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="pvm-bench-") as folder:
            log = Path(folder) / "gc.log"
            try:
                found = measure_pauses(logging(case, log), size_of(PAUSES, case, options))
            except BenchmarkFailure as failure:
                notes.append(f"{case.name}: {failure}")
                continue
            rows.append((case.name, [found.batch / 1e3, found.seen, found.median / 1e3, found.longest / 1e3]))
            if log.exists():
                logged = [float(pause) for pause in LOGGED.findall(log.read_text(encoding="utf-8"))]
                rows.append((f"{case.name}, its log", [None, len(logged), *(summary(logged) or (None, None))]))
    columns = ["batch ms", "pauses", "median ms", "longest ms"]
    return Grid(f"Pauses with {live:,} MiB alive, from inside", "", columns, rows, notes)


def summary(pauses_ms: Sequence[float]) -> tuple[float, float] | None:
    """The median and the longest."""
    return (statistics.median(pauses_ms), max(pauses_ms)) if pauses_ms else None


def logging(case: Case, log: Path) -> Case:
    """The case with a log of the collector, if it is Java."""
    if case.name != "java":
        return case

    def command(program: Program) -> list[str]:
        java, *rest = case.command(program)
        return [java, f"-Xlog:gc:file={log}", *rest]

    return case._replace(command=command)


def measure_pauses(case: Case, megabytes: int) -> Pauses:
    """Run the program with so much alive.

    Raises:
        BenchmarkFailure: it fails, or prints something else.
    """
    output = spawned([*case.command(PAUSES), "1", str(megabytes)], case.folder, TIMEOUT).output
    found = FOUND.fullmatch(output)
    if found is None:
        raise BenchmarkFailure(f"unexpected output: {output[:80]!r}")
    return Pauses(*map(int, found.groups()))
