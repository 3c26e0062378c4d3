"""Records: system calls that the supervisor prepares for the launcher or the stub to perform.

A record is eight 64-bit words: number, six arguments, what to do with the result.  The result replaces the
number.  Texts and structures that arguments point to travel behind the records; the buffer's address is fixed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.direct.machine_code import BUFFER, BUFFER_SIZE, CHECK

RECORD = struct.Struct("<8Q")
ERROR_FLOOR = (1 << 64) - 4095


class Pointing(NamedTuple):
    """A structure with the address of ``target`` at offset ``at``."""

    data: bytes
    at: int
    target: bytes


Argument = int | bytes | Pointing


class Batch:
    """Some records with their data; ``head`` is what stands before the first record in the buffer."""

    def __init__(self, head: int = RECORD.size) -> None:
        self._head = head
        self._records: list[tuple[int, tuple[Argument, ...], int]] = []

    def __len__(self) -> int:
        return len(self._records)

    def add(self, number: int, *args: Argument, then: int = CHECK) -> int:
        """Add a call, in which bytes become pointers to these bytes; gives the record's index."""
        self._records.append((number, args, then))
        return len(self._records) - 1

    def pack(self) -> bytes:
        """The content of the buffer from the first record on."""
        records = bytearray()
        data = bytearray()
        start = BUFFER + self._head + len(self._records) * RECORD.size
        for number, args, then in self._records:
            words = []
            for arg in args:
                if isinstance(arg, int):
                    words.append(arg & (1 << 64) - 1)
                    continue
                if isinstance(arg, Pointing):
                    target = start + len(data)
                    data += padded(arg.target)
                    structure = arg.data[: arg.at] + target.to_bytes(8, "little") + arg.data[arg.at + 8 :]
                else:
                    structure = arg
                words.append(start + len(data))
                data += padded(structure)
            records += RECORD.pack(number, *words, *[0] * (6 - len(words)), then)
        assert self._head + len(records) + len(data) <= BUFFER_SIZE, "the batch exceeds the buffer"
        return bytes(records + data)

    def failure(self, values: Sequence[int]) -> int:
        """The negated errno of the first checked call that failed, or 0."""
        pairs = zip(values, self._records, strict=True)
        return next((value for value, (_, _, then) in pairs if value < 0 and then), 0)


def padded(data: bytes) -> bytes:
    """The bytes, up to the next word."""
    return data + bytes(-len(data) % 8)


def results(reply: bytes, count: int) -> list[int]:
    """What each of ``count`` records gave: a value, or a negated errno."""
    found = []
    for value, *_ in RECORD.iter_unpack(reply[: count * RECORD.size]):
        found.append(value - (1 << 64) if value >= ERROR_FLOOR else value)
    return found
