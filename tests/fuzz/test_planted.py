"""Modules that are drawn for compiled code find faults that are planted in it.

Some of them, which few modules find; ``python -m tests.fuzz --planted 200`` looks for all.
"""

from __future__ import annotations

from random import Random

import pytest

from pvm.engines.native.jit.build import encode_argument
from pvm.engines.native.machine_code.target import host_target
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import verify
from tests.fuzz import planted
from tests.fuzz.compiled import generate_compiled
from tests.fuzz.kills import find
from tests.fuzz.planted import FAULTS

MOST = 30


@pytest.mark.parametrize("fault", ["rounds_are_not_limited_by_fuel", "strips_end_a_round_late"])
def test_planted_fault_is_found(fault: str) -> None:
    assert find(fault, most=MOST, first=2000) is not None


def test_planted_faults_are_in_code() -> None:
    """One that is an error of Python is found by whatever is compiled, and says nothing of what is drawn."""
    data, target = write_module(generate_compiled(Random(5))), host_target()
    assert target is not None
    for fault in FAULTS:
        function_code = getattr(planted, f"code_with_{fault}")
        for function in range(3, len(read_module(data).functions), 10):
            assert function_code(target, encode_argument(data, function))


def test_what_is_drawn_for_compiled_code_verifies() -> None:
    for seed in range(60):
        verify(generate_compiled(Random(seed)))
