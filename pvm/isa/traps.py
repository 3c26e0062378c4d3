"""Trap kinds: what a program can do that the machine defines as a failure.

A trap is catchable when the module maps its kind to an exception class (``Module.trap_classes``);
otherwise it ends the program.  Numbers are frozen: they stand in ``.pbc`` files.
"""

from __future__ import annotations

from enum import IntEnum


class TrapKind(IntEnum):
    """Kinds of trap; ``message`` is the text that a guest and a user read."""

    UNREACHABLE = 0
    DIVIDE_BY_ZERO = 1
    INTEGER_OVERFLOW = 2
    INVALID_CONVERSION = 3
    NULL_REFERENCE = 4
    BAD_CAST = 5
    INDEX_OUT_OF_BOUNDS = 6
    NEGATIVE_SIZE = 7
    STACK_OVERFLOW = 8
    OUT_OF_MEMORY = 9
    DEADLOCK = 10
    INVALID_UTF8 = 11
    MEMORY_OUT_OF_BOUNDS = 12
    INVALID_ARGUMENT = 13
    CANCELLED = 14

    @property
    def mnemonic(self) -> str:
        """Name in text form and in ``Trap.kind``: ``divide-by-zero``."""
        return self.name.lower().replace("_", "-")

    @property
    def message(self) -> str:
        """One line for people."""
        return _MESSAGES[self]


_MESSAGES = {
    TrapKind.UNREACHABLE: "unreachable code was reached",
    TrapKind.DIVIDE_BY_ZERO: "division by zero",
    TrapKind.INTEGER_OVERFLOW: "integer overflow",
    TrapKind.INVALID_CONVERSION: "number cannot be converted to this type",
    TrapKind.NULL_REFERENCE: "null where a value is needed",
    TrapKind.BAD_CAST: "value is not of the type it is cast to",
    TrapKind.INDEX_OUT_OF_BOUNDS: "index out of bounds",
    TrapKind.NEGATIVE_SIZE: "size is negative or too large",
    TrapKind.STACK_OVERFLOW: "stack overflow",
    TrapKind.OUT_OF_MEMORY: "out of memory",
    TrapKind.DEADLOCK: "every task is waiting",
    TrapKind.INVALID_UTF8: "bytes are not valid UTF-8",
    TrapKind.MEMORY_OUT_OF_BOUNDS: "raw memory access out of bounds",
    TrapKind.INVALID_ARGUMENT: "argument out of range",
    TrapKind.CANCELLED: "task was cancelled",
}
