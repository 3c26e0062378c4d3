"""Every opcode gives what its hand-written vectors say, on every engine, and a trap is at the opcode itself.

An operation on numbers runs twice: on parameters, and on constants that an engine may fold.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from pvm.errors import Exhaustion, PvmError, Trap
from pvm.isa.encoding import decode_code, encode_instruction
from pvm.isa.runtime import RUNTIME_FUNCTIONS
from pvm.isa.table import BY_NAME, FAMILIES, OPCODES
from pvm.isa.traps import TrapKind
from pvm.isa.types import Prim, Signature
from pvm.pbc.asm import assemble
from pvm.pbc.model import Function, Module
from tests.isa.engine_start import start
from tests.isa.vector_files import (
    Case,
    Value,
    bits_of,
    mnemonic_of,
    parse_value,
    read_bodies,
    read_numbers,
    vector_paths,
)

FOLDERS = (
    "control calls variables objects arrays integer floating conversion tasks memory".split()  # noqa: SIM905 - in order
)
NUMBERS = vector_paths(".txt")
BODIES = vector_paths(".pasm")
PRIVILEGED = [path for path in BODIES if path.parent.name == "memory"]
ORDINARY = [path for path in BODIES if path not in PRIVILEGED]
LIMITS = re.compile(r";limits memory (\d+) stack (\d+)")


def encode(*instructions: tuple[str, tuple[object, ...]]) -> bytes:
    return b"".join(encode_instruction(BY_NAME[mnemonic], immediates) for mnemonic, immediates in instructions)


def operation(path: Path, cases: list[Case]) -> Module:
    """Function 0 applies the opcode to its parameters, function 1 + n to the constants of case n."""
    types = tuple(value.type for value in cases[0].args)
    results = {case.result.type for case in cases if case.result}
    assert len(results) == 1, f"{path.name}: results of one type are expected, found {results}"
    assert {tuple(value.type for value in case.args) for case in cases} == {types}, path.name
    opcode = BY_NAME[path.stem]
    tail = encode_instruction(opcode) + encode(("return", ()))
    gets = encode(*(("local.get", (index,)) for index in range(len(types))))
    functions = [Function("parameters", 0, (), gets + tail)]
    for case in cases:
        pushes = encode(*((f"{value.type}.const", (value.number,)) for value in case.args))
        functions.append(Function(f"constants {case.line}", 1, (), pushes + tail))
    signatures = (Signature(types, tuple(results)), Signature((), tuple(results)))
    return Module(path.stem, signatures=signatures, functions=tuple(functions))


def ends_at(error: PvmError) -> tuple[str, int]:
    assert isinstance(error, Trap | Exhaustion)
    assert error.frames, "an end without frames"
    return error.frames[0].function, error.frames[0].pc


def outcome_of(case: Case) -> str:
    """What is expected, as text; an uncaught out-of-memory is the exhaustion of memory."""
    if case.trap is TrapKind.OUT_OF_MEMORY:
        return "exhausted memory"
    if case.trap is not None:
        return f"trap {case.trap.mnemonic}"
    if case.uncaught:
        return f"uncaught {case.uncaught}"
    return "nothing" if case.result is None else f"{case.result.type} {case.result.bits:#x}"


def difference(case: Case, engine: object, index: int, args: Iterable[object], code: dict[str, set[int]]) -> str:
    """Run a case and say how it differs from what is expected; empty if it does not."""
    expected = outcome_of(case)
    try:
        value = engine.call(index, list(args))  # type: ignore[attr-defined] - an Engine
    except Trap as trap:
        found = f"uncaught {trap.exception}" if trap.kind == "uncaught" else f"trap {trap.kind}"
        place = ends_at(trap)
    except Exhaustion as exhaustion:
        found = f"exhausted {exhaustion.kind}"
        place = ends_at(exhaustion)
    else:
        if case.result is None:
            found = "nothing" if value is None else repr(value)
        else:
            found = f"{case.result.type} {bits_of(case.result.type, value):#x}"  # type: ignore[arg-type]
        place = None
    if found != expected:
        return f"{case}: expected {expected}, found {found}"
    if place is not None and place[1] not in code[place[0]]:
        return f"{case}: {found} is not at {case.mnemonic} but at {place[1]} in {place[0]}"
    return ""


def places(module: Module, mnemonic: str) -> dict[str, set[int]]:
    """Offsets of an opcode, by the name of the function."""
    return {
        function.name: {each.offset for each in decode_code(function.code) if each.opcode.mnemonic == mnemonic}
        for function in module.functions
    }


@pytest.mark.parametrize("path", NUMBERS, ids=lambda path: path.stem)
def test_operation(engine: str, path: Path) -> None:
    cases = list(read_numbers(path))
    module = operation(path, cases)
    running = start(engine, module)
    code = places(module, path.stem)
    found = []
    for number, case in enumerate(cases, 1):
        found.append(difference(case, running, 0, [value.number for value in case.args], code))
        found.append(difference(case, running, number, [], code))
    assert list(filter(None, found)) == []


@pytest.mark.parametrize("path", ORDINARY, ids=lambda path: path.stem)
def test_body(engine: str, path: Path) -> None:
    check_body(engine, path)


@pytest.mark.parametrize("path", PRIVILEGED, ids=lambda path: path.stem)
def test_privileged_body(path: Path) -> None:
    # The native engine has these in the runtime image only, see tests/engines/native.
    check_body("reference", path)


def check_body(engine: str, path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    module = assemble(text, path.name)
    code = places(module, mnemonic_of(path))
    index = {function.name: number for number, function in enumerate(module.functions)}
    limits = LIMITS.search(text)
    memory, stack = map(int, limits.groups()) if limits else (None, None)
    notes: list[int] = []
    host = {"note": notes.append, "twice": lambda number: 2 * number}
    found = []
    for case in read_bodies(path):
        notes.clear()
        running = start(engine, module, memory=memory, stack=stack, host=host)
        found.append(difference(case, running, index[case.function], [value.number for value in case.args], code))
        if tuple(notes) != case.notes:
            found.append(f"{case}: expected notes {case.notes}, found {tuple(notes)}")
    assert list(filter(None, found)) == []


# The vectors themselves


@pytest.mark.parametrize(
    ("type_name", "text"),
    [
        ("f32", "0.1"),
        ("f32", "16777217.0"),
        ("f32", "0x1.0000001p+0"),
        ("f64", "0.1"),
        ("i32", "2147483648"),
        ("i32", "0x100000000"),
        ("i64", "-9223372036854775809"),
    ],
)
def test_inexact_number_is_refused(type_name: str, text: str) -> None:
    with pytest.raises(AssertionError, match=r"is not exact|is no f32|not in the range|more than"):
        parse_value(type_name, text)


def test_values_compare_by_bits() -> None:
    assert parse_value("i32", "0xffffffff") == Value(Prim.I32, -1)
    assert parse_value("f64", "-0.0").bits == 1 << 63
    assert bits_of(Prim.F32, -math.nan) == parse_value("f32", "nan").bits == 0x7FC00000
    assert parse_value("f32", "0x1p-149").bits == 1
    with pytest.raises(AssertionError, match="is no int"):
        bits_of(Prim.I32, True)
    with pytest.raises(AssertionError, match="is no float"):
        bits_of(Prim.F64, 1)


def cases_by_opcode() -> dict[str, list[Case]]:
    cases: dict[str, list[Case]] = {}
    for path in NUMBERS:
        cases.setdefault(mnemonic_of(path), []).extend(read_numbers(path))
    for path in BODIES:
        cases.setdefault(mnemonic_of(path), []).extend(read_bodies(path))
    return cases


def test_every_opcode_has_vectors() -> None:
    expected = {
        f"{folder}/{opcode.mnemonic}"
        for folder, family in zip(FOLDERS, FAMILIES, strict=True)
        for opcode in family.opcodes
    }
    found = [f"{path.parent.name}/{mnemonic_of(path)}" for path in [*NUMBERS, *BODIES]]
    assert sorted(set(found)) == sorted(expected)
    assert [name for name, cases in cases_by_opcode().items() if not cases] == []


def test_every_trap_has_a_vector_and_no_other_occurs() -> None:
    of_runtime = {trap for function in RUNTIME_FUNCTIONS for trap in function.traps}
    found = {name: {case.trap for case in cases if case.trap is not None} for name, cases in cases_by_opcode().items()}
    wrong = {}
    for opcode in OPCODES:
        expected = of_runtime if opcode.mnemonic == "call.runtime" else set(opcode.traps)
        if found[opcode.mnemonic] != expected:
            wrong[opcode.mnemonic] = (found[opcode.mnemonic], expected)
    assert wrong == {}


@pytest.mark.parametrize("path", BODIES, ids=lambda path: path.stem)
def test_body_contains_its_opcode(path: Path) -> None:
    module = assemble(path.read_text(encoding="utf-8"), path.name)
    assert any(places(module, mnemonic_of(path)).values())
