"""Running the standard library from Python: a module of exported functions, compiled once, called often.

``exports/NAME.peb`` wraps what a test needs of a library module in functions that take and give numbers and text.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import pvm
from compiler.driver import compile_file

HERE = Path(__file__).parent
LIMITS = pvm.Limits(memory="64M", stack="2M", fuel=2_000_000_000)


@cache
def compiled(name: str) -> pvm.Module:
    """Compile a module of ``exports`` once a session; modules are immutable."""
    return pvm.Module(compile_file(HERE / "exports" / f"{name}.peb"))


def instance(name: str, engine: str) -> pvm.Instance:
    """Start a module of ``exports`` with a virtual clock and no files."""
    kernel = pvm.Kernel(stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    return pvm.Instance(compiled(name), kernel=kernel, limits=LIMITS, tier=engine)  # type: ignore[arg-type]


def failure(call: Callable[[], Any]) -> str:
    """Return the exception that a call into a program ends with, as ``Name: message``."""
    with pytest.raises(pvm.Trap) as caught:
        call()
    return f"{caught.value.exception}: {caught.value.message}"


def fuel(running: pvm.Instance, name: str, *args: object) -> int:
    """Return the fuel that one call takes."""
    before = running.statistics.fuel_used
    running.call(name, *args)
    return running.statistics.fuel_used - before


def growth(running: pvm.Instance, name: str, size: int) -> float:
    """Return how many times as much a call costs for twice the size; the first call pays for the start."""
    running.call(name, 1)
    return fuel(running, name, 2 * size) / fuel(running, name, size)
