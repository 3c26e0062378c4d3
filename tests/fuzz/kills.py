"""How many cases it takes until a planted fault is found.

Each fault has a process of its own, since machine code that is wrong may take its process with it: that counts, too.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import time
from collections.abc import Sequence
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from pvm.engines.native.interpreter.loading import interpreter_code
from pvm.engines.native.jit import promotion
from tests.fuzz.agreement import SELDOM_OPTIMISED, is_slow
from tests.fuzz.cases import COMPILED, ON_ENGINES, Case, run_case
from tests.fuzz.planted import generator_of

NEED_OPTIMISATION = frozenset(
    {
        "accesses_are_always_parallel",
        "fields_of_subclasses_are_others",
        "tests_of_loops_always_hold",
        "sums_never_wrap",
        "handlers_find_what_was_before",
        "numbers_stay_as_they_come",
        "compared_numbers_are_those_of_now",
        "texts_touch_nothing",
        "shift_counts_are_small",
    }
)
"""Faults that show only where LLVM does all that it can; the others are looked for where it does little."""
_FOUND = 3
_SECONDS_PER_CASE = 180.0


class Kill(NamedTuple):
    """A fault that was found: by how many cases, and how it showed."""

    cases: int
    symptom: str


def find(fault: str, *, most: int, first: int) -> Kill | None:
    """Run up to ``most`` cases with a fault until one finds it; None if none does."""
    is_optimised = fault in NEED_OPTIMISATION
    numbers = [
        number for number in range(first, first + most * SELDOM_OPTIMISED * 2) if is_slow(number) == is_optimised
    ]
    numbers = numbers[:most]
    context = multiprocessing.get_context("fork")
    current, symptom = context.Value("l", 0, lock=False), context.Array("c", 200, lock=False)
    process = context.Process(target=_search, args=(fault, numbers, current, symptom), daemon=True)
    process.start()
    _watch(process, current)
    if process.exitcode == 0:
        return None
    if process.exitcode == _FOUND:
        return Kill(current.value + 1, symptom.value.decode())
    process.kill()
    process.join()
    return Kill(current.value + 1, f"the process ended with {process.exitcode}")


def _watch(process: BaseProcess, current: Any) -> None:
    """Wait for the end of a search, or until it stays at one case: wrong code may run forever."""
    place, since = -1, time.monotonic()
    while process.is_alive() and time.monotonic() - since < _SECONDS_PER_CASE:
        if current.value != place:
            place, since = current.value, time.monotonic()
        process.join(1.0)


def _search(fault: str, numbers: Sequence[int], current: Any, symptom: Any) -> None:
    interpreter_code()  # what takes longest is not part of a run, which has a deadline
    promotion.GENERATOR = generator_of(fault)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for place, number in enumerate(numbers):
        current.value = place
        finding = run_case(Case(ON_ENGINES + COMPILED, number)).finding
        if finding is not None:
            symptom.value = finding.symptom.encode()[:199]
            os._exit(_FOUND)
    os._exit(0)
