"""Stacks of guest tasks as the host sees them: walking frames, stack traces, looking for handlers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pvm.engines.native import layout
from pvm.engines.native.cage import Cage
from pvm.engines.native.program import Program
from pvm.engines.traces import TRACE_HALF


class Frame(NamedTuple):
    """One frame: its address, its function, the offset of the instruction that it is at."""

    address: int
    function: int
    offset: int


def frames_of(program: Program, cage: Cage, pc: int, base: int, *, arrived: bool = False) -> Iterator[Frame]:
    """The frames of a stack, innermost first, from where it goes on; ``arrived`` at a block that was not begun."""
    while base:
        function = program.function_at(cage.u32(base + layout.FRAME_FUNCTION))
        yield Frame(base, function, program.offset_at(function, pc, arrived=arrived))
        distance = cage.u32(base + layout.FRAME_DELTA)
        if not distance:
            return
        # Where a call returns to is behind it.
        pc, base, arrived = cage.u32(base + layout.FRAME_RETURN) - 1, base - distance, False


def capture(frames: Iterator[Frame]) -> list[tuple[int, int]]:
    """(function, offset) pairs, innermost first, the middle of a long trace left out."""
    head: list[tuple[int, int]] = []
    tail: list[tuple[int, int]] = []
    for _, function, offset in frames:
        if len(head) < TRACE_HALF:
            head.append((function, offset))
            continue
        tail.append((function, offset))
        if len(tail) >= 64 * TRACE_HALF:
            tail = tail[-TRACE_HALF:]
    return head + tail[-TRACE_HALF:]
