"""The instruction table: every opcode by code and by mnemonic."""

from __future__ import annotations

from collections.abc import Iterable

from pvm.isa.instruction import Family, Opcode
from pvm.isa.opcodes import control, conversion, floating, integer, memory, objects, tasks, variables

FAMILIES: tuple[Family, ...] = (
    control.FAMILY,
    control.CALLS,
    variables.FAMILY,
    objects.FAMILY,
    objects.ARRAYS,
    integer.FAMILY,
    floating.FAMILY,
    conversion.FAMILY,
    tasks.FAMILY,
    memory.FAMILY,
)

PREFIXES = frozenset(range(0xE0, 0x100))
"""First bytes that select a page; 0xF8 to 0xFF are for an executor's own fused forms, never in a file."""


def _index(opcodes: Iterable[Opcode]) -> tuple[dict[int, Opcode], dict[str, Opcode]]:
    by_code: dict[int, Opcode] = {}
    by_name: dict[str, Opcode] = {}
    for opcode in opcodes:
        assert opcode.code not in by_code, f"code {opcode.code:#x} is taken by {by_code[opcode.code].mnemonic}"
        assert opcode.mnemonic not in by_name, f"mnemonic {opcode.mnemonic} is taken"
        assert opcode.code > 0xFF or opcode.code not in PREFIXES, f"{opcode.mnemonic} has the code of a prefix"
        by_code[opcode.code] = opcode
        by_name[opcode.mnemonic] = opcode
    return by_code, by_name


OPCODES: tuple[Opcode, ...] = tuple(opcode for family in FAMILIES for opcode in family.opcodes)
BY_CODE, BY_NAME = _index(OPCODES)
