"""``python -m tests.fuzz``: a long run, or one case again.

``--modules 100000 --sources 5000 --seed 1`` runs so many cases on two processes and prints a table;
``--engines 10000`` adds cases that run on the reference engine, the interpreter and the JIT, ``--compiled 10000`` those
that are drawn for the JIT; ``--planted 200`` looks with up to so many of these for each fault that is planted in it;
``--case file:123`` repeats one with its report, ``--shrink`` writes a smaller input.
"""

from __future__ import annotations

import argparse
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

from pvm.pbc.model import Module
from tests.fuzz.campaign import Campaign, Tally, repeat_command
from tests.fuzz.cases import (
    COMPILED,
    ON_ENGINES,
    Case,
    engine_case,
    module_case,
    run_case,
    save_input,
    shrink,
    source_case,
)
from tests.fuzz.kills import find
from tests.fuzz.planted import FAULTS

SEED_STRIDE = 10_000_000
"""Cases of seed N are numbered from N times this, so that seeds share none."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(prog="python -m tests.fuzz", description="fuzz PVM for long")
    made.add_argument("--modules", type=int, default=100_000, metavar="N", help="generated and mutated modules")
    made.add_argument("--sources", type=int, default=5_000, metavar="N", help="mutated Pebble sources")
    made.add_argument("--engines", type=int, default=0, metavar="N", help="cases to run on every engine and compare")
    made.add_argument("--compiled", type=int, default=0, metavar="N", help="modules that are drawn for compiled code")
    made.add_argument(
        "--planted", type=int, metavar="N", help="find faults that are planted in the JIT, by up to N each"
    )
    made.add_argument("--seed", type=int, metavar="N", help="which cases (default: at random)")
    made.add_argument("--jobs", type=int, default=2, metavar="N", help="worker processes")
    made.add_argument("--findings", type=Path, metavar="DIR", help="where to write findings (default: a new folder)")
    made.add_argument("--case", metavar="KIND:NUMBER", help="run one case and show what happens")
    made.add_argument("--shrink", action="store_true", help="with --case: write a smaller input that still fails")
    return made


def main() -> int:
    """Run, print, and tell by the status whether there were findings."""
    options = parser().parse_args()
    folder = options.findings or Path(tempfile.mkdtemp(prefix="pvm-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    if options.case:
        kind, _, number = options.case.partition(":")
        return repeat(Case(kind, int(number)), folder, is_to_shrink=options.shrink)
    seed = options.seed if options.seed is not None else random.randrange(1, 1_000_000)
    first = seed * SEED_STRIDE
    if options.planted:
        return plant(options.planted, first)
    cases = [module_case(first + number) for number in range(options.modules)]
    cases += [source_case(first + number) for number in range(options.sources)]
    cases += [engine_case(first + number) for number in range(options.engines)]
    cases += [Case(ON_ENGINES + COMPILED, first + number) for number in range(options.compiled)]
    start = time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    tally = Campaign(cases, options.jobs, show_progress=sys.stderr.isatty(), folder=folder).run()
    print(f"seed {seed}")
    print(table(tally, time.monotonic() - start))
    for finding in tally.kept:
        print(f"  {finding.symptom} ({tally.symptoms[finding.symptom]}): {repeat_command(finding.case)}")
    if tally.kept:
        print(f"{len(tally.kept)} reports in {folder}")
    return 1 if tally.symptoms else 0


def plant(most: int, first: int) -> int:
    """Look for each planted fault, and print by how many cases it was found; the status says whether all were."""
    missed = 0
    for fault, make in FAULTS.items():
        start = time.monotonic()
        kill = find(fault, most=most, first=first)
        missed += kill is None
        cases, symptom = (f"{kill.cases:,}", kill.symptom) if kill else ("-", "")
        print(f"{fault:42}{cases:>7}{time.monotonic() - start:>8.1f} s  {make.__doc__}  {symptom}", flush=True)
    return 1 if missed else 0


def table(tally: Tally, seconds: float) -> str:
    """Outcomes by kind of case, then what runs ended with and which rules refused."""
    labels = sorted({label for counter in tally.labels.values() for label in counter})
    lines = ["".join([f"{'':18}", *(f"{label:>16}" for label in labels), f"{'all':>10}"])]
    for kind, counter in tally.labels.items():
        counts = "".join(f"{counter[label]:>16,}" for label in labels)
        lines.append(f"{kind:18}{counts}{counter.total():>10,}")
    lines.append("")
    width = max(map(len, tally.details), default=0)
    lines += [f"  {name:{width}} {count:>10,}" for name, count in sorted(tally.details.items())]
    lines.append("")
    rate = tally.cases / seconds if seconds else 0.0
    lines.append(f"{tally.cases:,} cases in {seconds:.0f} s, {rate:.0f} a second, {tally.symptoms.total()} findings")
    slowest, case = tally.slowest
    lines.append(f"slowest case {slowest:.2f} s ({case}), largest process {tally.peak_memory >> 20} MiB")
    return "\n".join(lines)


def repeat(case: Case, folder: Path, *, is_to_shrink: bool) -> int:
    """Run one case and show its report."""
    result = run_case(case)
    print(f"{case}: {result.label} {', '.join(result.details)}")
    path = save_input(case, folder)
    if path is not None:
        print(f"input: {path}")
    if result.finding is None:
        return 0
    print(result.finding.report)
    if is_to_shrink:
        smaller = shrink(case)
        target = folder / "smaller"
        if isinstance(smaller, Module):
            target.write_text(repr(smaller), encoding="utf-8", errors="surrogatepass")
        elif isinstance(smaller, str):
            target.write_text(smaller, encoding="utf-8", errors="surrogatepass")
        else:
            target.write_bytes(smaller)
        print(f"smaller: {target}")
    return 1


if __name__ == "__main__":
    sys.exit(main())
