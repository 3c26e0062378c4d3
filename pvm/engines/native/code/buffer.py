"""Bytes of internal code in the making: instructions, labels that branches go to, and where each came from."""

from __future__ import annotations

import struct
from functools import cache
from typing import NamedTuple

from pvm.engines.native.code.operations import BY_OPERATION, WORD, Kind, Operation
from pvm.engines.native.code.sequences import combine

_FORMATS = {
    Kind.SLOT: "H",
    Kind.RESULT: "H",
    Kind.SMALL: "h",
    Kind.BYTE: "B",
    Kind.HALF: "H",
    Kind.WORD: "I",
    Kind.DISTANCE: "i",
    Kind.LONG: "q",
}


class _Packer(NamedTuple):
    pack: struct.Struct
    order: tuple[int, ...]
    """Which value stands where, in the order of the offsets."""


@cache
def packer(name: str) -> tuple[int, _Packer]:
    """Number of an operation, and what makes its bytes of the values of its fields in their order."""
    operation = BY_OPERATION[name]
    order = sorted(range(len(operation.fields)), key=lambda at: operation.fields[at].offset)
    text, end = "<H", 2
    for at in order:
        field = operation.fields[at]
        text += "x" * (field.offset - end) + _FORMATS[field.kind]
        end = field.offset + field.kind.size
    return operation.number, _Packer(struct.Struct(text + "x" * (operation.size - end)), tuple(order))


class Edge(NamedTuple):
    """What a branch pays for the block that it goes to, and whether the task may be preempted there."""

    cost: int
    polls: bool


class Fixup(NamedTuple):
    """A distance that is not known yet: where it stands, from where it counts, and to which label."""

    place: int
    start: int
    label: int


class CodeBuffer:
    """The code of one function.  ``sources`` are (position, bytecode offset): each holds up to the next."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.labels: dict[int, int] = {}
        self.starts: list[int] = []
        """Where instructions begin."""
        self.freed: dict[int, list[int]] = {}
        """Slots whose values nobody uses behind an instruction, by where that begins."""
        self.fixups: list[Fixup] = []
        self.sources: list[tuple[int, int]] = []

    def emit(self, name: str, *values: int) -> int:
        """Append an instruction with these values of its fields; its position."""
        number, (pack, order) = packer(name)
        position = len(self.data)
        self.starts.append(position)
        self.data += pack.pack(number, *[values[at] for at in order])
        return position

    def emit_list(self, name: str, values: tuple[int, ...], slots: list[int], result: int) -> int:
        """Append an instruction whose operands follow it as a list of slots, and then the result."""
        position = self.emit(name, *values)
        padded = slots + [0] * (-(len(slots) + 1) % 4) + [result]
        self.data += struct.pack(f"<{len(padded)}H", *padded)
        return position

    def branch_to(self, operation: Operation, position: int, label: int) -> None:
        """Let the field ``target`` of the instruction at a position go to a label."""
        self.fixups.append(Fixup(position + operation.field("target").offset, position, label))

    def entry(self, start: int, label: int, edge: Edge) -> None:
        """Append an entry of a switch that starts at ``start``."""
        self.fixups.append(Fixup(len(self.data), start, label))
        self.data += struct.pack("<iHH", 0, edge.cost, edge.polls)

    def patch_half(self, place: int, value: int) -> None:
        """Overwrite 16 bits."""
        struct.pack_into("<H", self.data, place, value)

    def free(self, begun: int, slots: list[int]) -> None:
        """The values of slots are not used behind the last instruction, if that was emitted from ``begun`` on."""
        if slots and self.starts and self.starts[-1] >= begun:
            self.freed[self.starts[-1]] = slots

    def mark(self, offset: int) -> None:
        """What follows comes from the bytecode at an offset."""
        position = len(self.data)
        if self.sources and self.sources[-1][0] == position:
            self.sources[-1] = (position, offset)
        elif not self.sources or self.sources[-1][1] != offset:
            self.sources.append((position, offset))

    def finish(self) -> bytes:
        """Resolve all branches, and let sequences that have a handler of their own be executed by it."""
        for place, start, label in self.fixups:
            struct.pack_into("<i", self.data, place, self.labels[label] - start)
        assert len(self.data) % WORD == 0
        combine(self.data, self.starts, self.freed)
        return bytes(self.data)
