"""Speed of the engines on programs that exist in Python too, as a ratio to CPython.

Translation is done before the clock starts: what is measured is the steady state.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

import pvm
from bench.report import Row, Table
from bench.suite import SUITE, Program, verify_result
from bench.timing import Action, interleave, timed

TIERS: tuple[Literal["reference"], ...] = ("reference",)


def tables(quick: bool) -> list[Table]:
    rows = []
    for program in SUITE:
        found = interleave({name: timed(action) for name, action in actions(program, quick).items()}, 3 if quick else 9)
        base = found["python"].median
        for name, taken in found.items():
            rows.append(Row(f"{program.name}, {name}", taken.median * 1e3, "ms", taken.median / base))
    return [Table("Programs, CPU time", rows, "CPython")]


def actions(program: Program, quick: bool) -> dict[str, Action]:
    """A run of the program by Python and by each engine; each checks its result."""
    size = program.quick_size if quick else program.size
    found: dict[str, Action] = {"python": lambda: verify_result(program, program.python(size), quick=quick)}
    module = program.module()
    for tier in TIERS:
        instance = pvm.Instance(module, tier=tier)
        found[f"pvm {tier}"] = partial(checked_call, instance, program, size, quick=quick)
    return found


def checked_call(instance: pvm.Instance, program: Program, size: int, *, quick: bool) -> None:
    """Run a program in an instance."""
    verify_result(program, instance.call(program.name, size), quick=quick)
