"""The programs that engines are measured with: each in Pebble and in Python, the same algorithm.

Every run checks its result against the expected value, so a fast wrong engine cannot win.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pvm
from bench import algorithms

PROGRAMS = Path(__file__).parent / "programs"


class Program(NamedTuple):
    """A benchmark: ``name`` is its file and its export; results are for ``size`` and ``quick_size``."""

    name: str
    python: Callable[[int], int | float]
    size: int
    result: int | float
    quick_size: int
    quick_result: int | float

    def module(self) -> pvm.Module:
        """The Pebble version, compiled."""
        return pvm.compile(PROGRAMS / f"{self.name}.peb")


SUITE = (
    Program("fib", algorithms.fib, 24, 46_368, 15, 610),
    Program("loop", algorithms.loop, 300_000, 266_000, 1_000, 832_504),
    Program("sieve", algorithms.sieve, 100_000, 9_592, 1_000, 168),
    Program("nbody", algorithms.nbody, 2_000, -0.16618461212594043, 10, -0.16618627950332757),
    Program("wordcount", algorithms.wordcount, 2_000, 88_000_000, 20, 8_800),
)


def verify_result(program: Program, result: object, *, quick: bool) -> None:
    """Refuse a wrong result.

    Raises:
        AssertionError: it is wrong.
    """
    expected = program.quick_result if quick else program.result
    assert result == expected, f"{program.name}: expected {expected}, found {result}"
