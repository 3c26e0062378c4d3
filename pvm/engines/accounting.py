"""Sizes that the engines account guests by: objects of the heap.

The numbers describe the native layout (architecture.md, decision 10); the reference engine uses
them for its memory limit, so that a limit means about the same in every engine.
"""

from __future__ import annotations

from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Storage
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADER = 8
LENGTH = 8
ALIGN = 8
REFERENCE = Storage.REF.size
CLOSURE_SIZE = HEADER + 8
TASK_SIZE = HEADER + 40
WEAK_SIZE = HEADER + 8


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


def string_size_text(length: str) -> str:
    """``string_size`` as a Python expression over a variable."""
    return f"{length} + {HEADER + LENGTH + ALIGN - 1} & {-ALIGN}"
