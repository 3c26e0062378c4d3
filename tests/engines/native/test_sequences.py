"""Sequences of instructions that one handler executes: where they are, and that the tested programs have all of them.

How they run is compared with the reference engine wherever programs are run on both.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.suite import PROGRAMS
from pvm.engines.native.code.buffer import CodeBuffer
from pvm.engines.native.code.operations import BY_OPERATION, OPERATIONS
from pvm.engines.native.code.sequences import SEQUENCES, first_operation
from pvm.engines.native.code.translator import Translator
from pvm.engines.native.linkage import Linkage
from pvm.verify.verified import VerifiedModule
from tests.lang.program import compiled

NEW_OBJECTS = Path(__file__).parents[2] / "lang" / "classes" / "new_objects.peb"
NAMES = {sequence.number: sequence.name for sequence in SEQUENCES}


def names_at(code: bytes, positions: list[int]) -> list[str]:
    """What stands at positions: a sequence or an operation."""
    numbers = [int.from_bytes(code[at : at + 2], "little") for at in positions]
    return [NAMES.get(number) or OPERATIONS[number].name for number in numbers]


def sequences_in(module: VerifiedModule) -> Iterator[str]:
    """The sequences and operations of a module's code."""
    linkage = Linkage(module)
    for function in module.functions:
        translator = Translator(linkage, function.index)
        yield from names_at(translator.translate().code, translator.buffer.starts)


def test_an_instruction_of_a_sequence_stays_as_it_is() -> None:
    buffer = CodeBuffer()
    get = buffer.emit("field.get.ref", 5, 4, 8)
    element = buffer.emit("array.get.i64", 6, 5, 7)
    buffer.free(element, [5])
    end = buffer.emit("return.value", 6)
    buffer.free(end, [6])
    code = buffer.finish()
    assert names_at(code, [get, element, end]) == ["field.get.ref >0 array.get.i64", "array.get.i64", "return.value"]
    assert first_operation(int.from_bytes(code[:2], "little")).name == "field.get.ref"
    assert code[2:] == bytes(buffer.data)[2:]


def test_an_operand_is_forwarded_only_if_it_is_the_result_before() -> None:
    buffer = CodeBuffer()
    positions = [buffer.emit("field.get.ref", 5, 4, 8), buffer.emit("array.get.i64", 6, 4, 5)]
    assert names_at(buffer.finish(), positions) == ["field.get.ref", "array.get.i64"]


@pytest.mark.parametrize(("free", "index"), [(False, 7), (True, 5)])
def test_a_result_that_is_used_again_is_stored(free: bool, index: int) -> None:
    """Behind the next instruction, or by another operand of it."""
    buffer = CodeBuffer()
    positions = [buffer.emit("field.get.ref", 5, 4, 8), buffer.emit("array.get.i64", 6, 5, index)]
    if free:
        buffer.free(positions[1], [5])
    assert names_at(buffer.finish(), positions) == ["field.get.ref", "array.get.i64"]


@pytest.mark.parametrize("free", [[6], [7], [6, 7]])
def test_a_result_is_taken_from_further_before_if_nobody_else_uses_it(free: list[int]) -> None:
    buffer = CodeBuffer()
    positions = [buffer.emit("field.get.f64", 6, 4, 8), buffer.emit("field.get.f64", 7, 4, 16)]
    positions.append(buffer.emit("f64.mul", 5, 6, 7))
    buffer.free(positions[2], free)
    both = "field.get.f64 ; field.get.f64"
    first = "field.get.f64 ~0 field.get.f64 >1,>0:2 f64.mul" if free == [6, 7] else both
    assert names_at(buffer.finish(), positions) == [first, "field.get.f64", "f64.mul"]


def test_an_operand_is_read_once_if_it_is_the_same_and_nothing_changes_it() -> None:
    def names(first: int, second: int, result: int) -> str:
        buffer = CodeBuffer()
        start = buffer.emit("field.get.ref", result, first, 8)
        buffer.emit("field.get.i64", 7, second, 16)
        return names_at(buffer.finish(), [start])[0]

    assert names(4, 4, 6) == "field.get.ref ~0 field.get.i64"
    assert names(4, 5, 6) == "field.get.ref"
    assert names(4, 4, 4) == "field.get.ref"


def test_the_longest_sequence_is_taken() -> None:
    buffer = CodeBuffer()
    get = buffer.emit("field.get.ref", 5, 4, 8)
    element = buffer.emit("array.get.ref", 6, 5, 7)
    buffer.free(element, [5])
    cast = buffer.emit("ref.cast.interval", 6, 6, 40, 1)
    buffer.free(cast, [6])
    assert names_at(buffer.finish(), [get, element, cast]) == [
        "field.get.ref >0 array.get.ref >0 ref.cast.interval",
        "array.get.ref",
        "ref.cast.interval",
    ]


def test_sequences_are_different() -> None:
    assert len({sequence.name for sequence in SEQUENCES}) == len(SEQUENCES)
    assert not {sequence.name for sequence in SEQUENCES} & BY_OPERATION.keys()


def test_tested_programs_have_every_sequence() -> None:
    benchmarks = (path for path in sorted((PROGRAMS / "pebble").glob("*.peb")) if path.stem != "harness")
    missing = set(NAMES.values())
    for path in (NEW_OBJECTS, *benchmarks):
        missing.difference_update(sequences_in(compiled(path).verified))
    assert missing == set()
