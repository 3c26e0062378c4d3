"""Mutates modules in memory, with their structure: tables by their Python types, code by instructions.

The walk over a module is generic: whatever named tuples, enumerations and numbers it consists of can
be changed, so a new part of the model is mutated without a word here.  Code is decoded, changed and
encoded again, and what refers to offsets in it follows.
"""

from __future__ import annotations

from contextlib import suppress
from enum import Enum, IntFlag
from random import Random
from typing import Any

from pvm.errors import FormatError
from pvm.isa.encoding import Instruction, decode_code, encode_instruction
from pvm.isa.instruction import Imm, Opcode
from pvm.isa.table import OPCODES
from pvm.isa.types import (
    ANY,
    STRING,
    TASK,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    ValueType,
    array_ref,
    class_ref,
    func_ref,
)
from pvm.pbc.model import Function, Module
from tests.fuzz import edges

HUGE = (-1, 1 << 31, 1 << 32, 1 << 40, 255, 65_535, 0x7FFF_FFFF)
NAMES = ("", "a", "f0", "m0", "main", "message", "trace", "string.concat", "fd_write", "(i64) -> i64", "x" * 300, "é\n")
PAIRS = frozenset({"trap_classes", "attributes", "lines", "local_names"})
"""Fields whose elements are pairs."""
_BY_IMMEDIATES: dict[tuple[Imm, ...], list[Opcode]] = {}
for _opcode in OPCODES:
    _BY_IMMEDIATES.setdefault(tuple(kind for _, kind in _opcode.immediates), []).append(_opcode)


def mutate_module(random: Random, module: Module, donor: Module) -> Module:
    """Change a module in one to three places."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        if module.functions and random.random() < 0.55:
            at = random.randrange(len(module.functions))
            given = random.choice(donor.functions) if donor.functions else module.functions[at]
            changed = mutate_function(random, module.functions[at], given)
            module = module._replace(functions=(*module.functions[:at], changed, *module.functions[at + 1 :]))
        else:
            filled = [name for name in module._fields if getattr(module, name) or random.random() < 0.05]
            module = mutate_field(random, module, random.choice(filled), donor)
    return module


# Values


def mutate_field(random: Random, record: Any, name: str, donor: Any) -> Any:
    """Change a field of a named tuple into another value that its annotation allows."""
    old, given = getattr(record, name), getattr(donor, name, None)
    annotation = str(type(record).__annotations__.get(name, ""))
    if name == "version":
        new: Any = mutate_pair(random, old)
    elif isinstance(old, tuple) and name in PAIRS:
        new = _mutate_sequence(random, old, given or (), are_pairs=True)
    elif "None" in annotation and old is None:
        new = _a_reference(random) if "RefType" in annotation else random.randrange(4)
    elif "None" in annotation and random.random() < 0.15:
        new = None
    else:
        new = mutate_value(random, old, given)
    return record._replace(**{name: new})


def mutate_pair(random: Random, pair: tuple[Any, Any]) -> tuple[Any, Any]:
    first, second = pair
    return (mutate_value(random, first), second) if random.random() < 0.5 else (first, mutate_value(random, second))


def mutate_value(random: Random, value: Any, donor: Any = None) -> Any:
    """Change a value into another of its Python type, by its structure."""
    match value:
        case RefType():
            return _a_reference(random)
        case Prim():
            return a_type(random)
        case bool():
            return not value
        case IntFlag():
            return type(value)(random.randrange(8))
        case Enum():
            return random.choice(tuple(type(value)))
        case int():
            return mutate_int(random, value)
        case float():
            return random.choice(edges.F64S)
        case str():
            return random.choice((*NAMES, value + "x", value[1:], donor if isinstance(donor, str) else value))
        case bytes():
            return value[: random.randrange(len(value) + 1)] + bytes((random.randrange(256),))
        case tuple() if hasattr(value, "_fields"):
            return mutate_field(random, value, random.choice(value._fields), donor)
        case tuple():
            return _mutate_sequence(random, value, donor if isinstance(donor, tuple) else ())
    return value


def mutate_int(random: Random, value: int) -> int:
    match random.randrange(8):
        case 0 | 1:
            return value + random.choice((-1, 1))
        case 2 | 3:
            return random.randrange(4)
        case 4:
            return random.randrange(16)
        case 5:
            return value ^ 1 << random.randrange(6)
        case 6 if random.random() < 0.3:
            return random.choice(HUGE)
        case _:
            return 0


def _mutate_sequence(
    random: Random, value: tuple[Any, ...], donor: tuple[Any, ...], *, are_pairs: bool = False
) -> tuple[Any, ...]:
    if not value:
        return donor[:1]
    at, other = random.randrange(len(value)), random.randrange(len(value))
    match random.randrange(10):
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return (*value[:at], value[other], *value[at:])
        case 2:
            changed = list(value)
            changed[at], changed[other] = changed[other], changed[at]
            return tuple(changed)
        case 3 if donor:
            return (*value[:at], random.choice(donor), *value[at + 1 :])
        case 4 if donor:
            return (*value, random.choice(donor))
        case _:
            given = random.choice(donor) if donor else None
            new = mutate_pair(random, value[at]) if are_pairs else mutate_value(random, value[at], given)
            return (*value[:at], new, *value[at + 1 :])


def a_type(random: Random) -> ValueType:
    """A type that a module may or may not have the tables for."""
    return random.choice(tuple(Prim)) if random.random() < 0.25 else _a_reference(random)


def _a_reference(random: Random) -> RefType:
    nullable = random.random() < 0.5
    match random.randrange(6):
        case 0:
            return array_ref(random.choice(tuple(ArrayKind)), nullable=nullable)
        case 1:
            return func_ref(random.randrange(5), nullable=nullable)
        case 2:
            return random.choice((ANY, STRING, TASK)).with_null(nullable)
        case 3 if random.random() < 0.1:
            return RefType(HeapKind.NONE, nullable)
        case _:
            return class_ref(random.randrange(6), nullable=nullable)


# Code


def mutate_function(random: Random, function: Function, donor: Function) -> Function:
    """Change a function: its tables as values, or its code as instructions."""
    choice = random.random()
    if choice < 0.25:
        name = random.choice([each for each in function._fields if each != "code"])
        changed: Function = mutate_field(random, function, name, donor)
        return changed
    if choice < 0.35:
        return _mutate_code_bytes(random, function)
    try:
        code = list(decode_code(function.code))
        given = list(decode_code(donor.code))
    except FormatError:
        return _mutate_code_bytes(random, function)
    return rebuild(function, _mutate_instructions(random, code, given)) if code else function


def _mutate_code_bytes(random: Random, function: Function) -> Function:
    if not function.code:
        return function
    code = bytearray(function.code)
    code[random.randrange(len(code))] = random.randrange(256)
    return function._replace(code=bytes(code))


_Line = tuple[Opcode, tuple[Any, ...], int | None]
"""An instruction, and the offset at which it stood."""


def _mutate_instructions(random: Random, code: list[Instruction], donor: list[Instruction]) -> list[_Line]:
    lines: list[_Line] = [(each.opcode, each.immediates, each.offset) for each in code]
    at, other = random.randrange(len(lines)), random.randrange(len(lines))
    opcode, immediates, offset = lines[at]
    match random.randrange(9):
        case 0:
            del lines[at]
        case 1:
            lines.insert(at, (*lines[other][:2], None))
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            neighbour = (at + 1) % len(lines)
            lines[at], lines[neighbour] = lines[neighbour], lines[at]
        case 4 if donor:
            given = random.choice(donor)
            lines[at] = (given.opcode, given.immediates, offset)
        case 5 if donor:
            start = random.randrange(len(donor))
            lines[at:at] = [
                (each.opcode, each.immediates, None) for each in donor[start : start + random.randrange(1, 6)]
            ]
        case 6:
            kinds = tuple(kind for _, kind in opcode.immediates)
            lines[at] = (random.choice(_BY_IMMEDIATES[kinds]), immediates, offset)
        case _:
            rich = [number for number, line in enumerate(lines) if line[1]]
            if rich:
                at = random.choice(rich)
                opcode, immediates, offset = lines[at]
                lines[at] = (opcode, _mutate_immediates(random, opcode, immediates), offset)
    return lines


def _mutate_immediates(random: Random, opcode: Opcode, immediates: tuple[Any, ...]) -> tuple[Any, ...]:
    at = random.randrange(len(immediates))
    is_pair = opcode.immediates[at][1] in {Imm.FIELD, Imm.METHOD}
    new = mutate_pair(random, immediates[at]) if is_pair else mutate_value(random, immediates[at])
    return (*immediates[:at], new, *immediates[at + 1 :])


def rebuild(function: Function, lines: list[_Line]) -> Function:
    """Encode instructions, and move what names offsets along with the instructions that stood there."""
    pieces: list[bytes] = []
    moved: dict[int, int] = {}
    offset = 0
    for opcode, immediates, old in lines:
        with suppress(FormatError):  # what cannot be encoded is left out
            piece = encode_instruction(opcode, immediates)
            if old is not None:
                moved[old] = offset
            pieces.append(piece)
            offset += len(piece)
    moved[len(function.code)] = offset

    def place(at: int) -> int:
        return moved.get(at, at)

    return function._replace(
        code=b"".join(pieces),
        labels=tuple(each._replace(offset=place(each.offset)) for each in function.labels),
        handlers=tuple(each._replace(start=place(each.start), end=place(each.end)) for each in function.handlers),
        lines=tuple((place(at), number) for at, number in function.lines),
    )
