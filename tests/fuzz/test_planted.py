"""Modules that are drawn for compiled code find faults that are planted in it.

Some of them, which few modules find; ``python -m tests.fuzz --planted 200`` looks for all.
"""

from __future__ import annotations

from random import Random

import pytest

from pvm.verify import verify
from tests.fuzz.compiled import generate_compiled
from tests.fuzz.kills import find

MOST = 30


@pytest.mark.parametrize("fault", ["rounds_are_not_limited_by_fuel", "strips_end_a_round_late"])
def test_planted_fault_is_found(fault: str) -> None:
    assert find(fault, most=MOST, first=2000) is not None


def test_what_is_drawn_for_compiled_code_verifies() -> None:
    for seed in range(60):
        verify(generate_compiled(Random(seed)))
