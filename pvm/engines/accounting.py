"""Sizes that the engines account guests by: objects of the heap, frames of the stack, polls.

The numbers describe the native layout (architecture.md, decision 10); the reference engine uses
them for its memory limit, so that a limit means about the same in every engine.
"""

from __future__ import annotations

from collections.abc import Iterable

from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Storage

HEADER = 8
LENGTH = 8
ALIGN = 8
REFERENCE = Storage.REF.size
CLOSURE_SIZE = HEADER + 8
TASK_SIZE = HEADER + 40
FRAME_BASE = 32
FRAME_SLOT = 8
DEFAULT_QUANTUM = 10_000
"""Units of fuel that a task runs before the others get their turn."""


def _aligned(size: int) -> int:
    return (size + ALIGN - 1) & -ALIGN


def object_size(fields: Iterable[Storage]) -> int:
    """Bytes of an object; fields are packed, so only their sum counts."""
    return _aligned(HEADER + sum(field.size for field in fields))


def array_size(kind: ArrayKind, length: int) -> int:
    """Bytes of an array."""
    return _aligned(HEADER + LENGTH + length * ARRAY_STORAGE[kind].size)


def string_size(length: int) -> int:
    """Bytes of a string of ``length`` bytes."""
    return _aligned(HEADER + LENGTH + length)


def frame_size(slots: int) -> int:
    """Bytes of a frame with this many locals and operand slots together."""
    return FRAME_BASE + FRAME_SLOT * slots
