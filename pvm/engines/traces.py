"""Stack traces as people see them, from the (function, offset) pairs that every engine stores in an exception."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pvm.errors import TraceFrame

if TYPE_CHECKING:
    from pvm.pbc.model import Function, Module

TRACE_HALF = 512
"""Frames kept of each end of a long trace."""
MAX_INLINED = 256
MAX_CAUSES = 16
"""Exceptions that are shown behind each other."""


def trace_pairs(numbers: Sequence[int]) -> list[tuple[int, int]]:
    """The pairs in the trace of an exception, which is an array of numbers."""
    return list(zip(numbers[::2], numbers[1::2], strict=False))


def trace_frames(module: Module, pairs: Iterable[tuple[int, int]]) -> list[TraceFrame]:
    """Frames with their places in the source; inlined positions become frames of their own."""
    found: list[TraceFrame] = []
    for index, offset in pairs:
        if 0 <= index < len(module.functions):
            found += _expand(module, module.functions[index], offset)
    return found


def _expand(module: Module, function: Function, offset: int) -> list[TraceFrame]:
    number = bisect_right(function.lines, offset, key=lambda line: line[0]) - 1
    position_index = function.lines[number][1] if number >= 0 else None
    found: list[TraceFrame] = []
    while position_index is not None and len(found) < MAX_INLINED:
        position = function.positions[position_index]
        name = position.function or function.name
        found.append(TraceFrame(name, module.files[position.file], position.line, position.column, offset))
        position_index = position.caller
    return found or [TraceFrame(function.name, "", 0, 0, offset)]
