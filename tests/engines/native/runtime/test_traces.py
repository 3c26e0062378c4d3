"""Stack traces as text, from the tables of a module: against what the reference engine writes."""

from __future__ import annotations

import random
import struct

import pytest

from pvm.engines.native import layout
from pvm.engines.native.trace_tables import trace_tables
from pvm.engines.traces import trace_frames, trace_pairs
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind
from pvm.pbc.model import Function, Module, Position
from tests.engines.native.runtime.cage import Cage

MODULE = Module(
    name="m",
    files=("main.peb", "wörter.peb"),
    functions=(
        Function("bare", 0, (), b""),
        Function(
            "größer",
            0,
            (),
            b"",
            positions=(
                Position(0, 7, 1),
                Position(1, 1234567, 2),
                Position(0, 0, 0),
                Position(1, 5, 1, "inner", 0),
                Position(0, 9, 9, "innermost", 3),
            ),
            lines=((0, 0), (10, 1), (20, 2), (30, 4), (0xFFFFF, 3)),
        ),
        Function(
            "late", 0, (), b"", positions=(Position(0, 3, 3), Position(0, 4, 4, "loop", 1)), lines=((5, 0), (9, 1))
        ),
    ),
)


@pytest.fixture(scope="module")
def cage() -> Cage:
    """A cage with the tables of the module."""
    made = Cage()
    tables = trace_tables(MODULE, layout.METADATA_PROGRAM)
    made.memory[layout.METADATA_PROGRAM : layout.METADATA_PROGRAM + len(tables)] = tables
    made.set_word("function_count", len(MODULE.functions))
    made.set_word("trace_functions", layout.METADATA_PROGRAM)
    return made


def check(cage: Cage, numbers: list[int]) -> None:
    """Write a trace in both ways."""
    array = cage.array(ArrayKind.I32, struct.pack(f"<{len(numbers)}i", *numbers))
    found = cage.call("trace.text", array)
    frames = trace_frames(MODULE, trace_pairs(numbers))
    assert cage.text(found.value).decode() == "\n".join(map(str, frames))
    assert found.charge == 1 + (len(numbers) // 2 >> 4)


@pytest.mark.parametrize("index", [-1, 0, 1, 2, 3, (1 << 31) - 1])
def test_one_frame(cage: Cage, index: int) -> None:
    for offset in (-1, 0, 4, 5, 9, 10, 11, 19, 20, 29, 30, 0xFFFFE, 0xFFFFF, (1 << 31) - 1, -(1 << 31)):
        check(cage, [index, offset])


def test_many_frames(cage: Cage) -> None:
    check(cage, [])
    check(cage, [1])
    check(cage, [1, 10, 0])
    rng = random.Random(1)
    for count in (2, 3, 40, 200):
        check(cage, [number for _ in range(count) for number in (rng.randrange(-1, 4), rng.randrange(-1, 40))])


def test_a_trace_that_is_too_long_for_a_text_is_out_of_memory(cage: Cage) -> None:
    """Most of the longest text is the name of one function, three times."""
    record = layout.METADATA_PROGRAM + layout.TRACE_FUNCTION_NAME + 4
    size = cage.load(record)
    cage.store(record, 1 << 30)
    array = cage.array(ArrayKind.I32, bytes(24))
    assert cage.call("trace.text", array).trap is TrapKind.OUT_OF_MEMORY
    cage.store(record, size)
