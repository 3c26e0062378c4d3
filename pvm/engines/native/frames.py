"""Stacks of guest tasks as the host sees them: walking frames, and stack traces.

A stack may have hundreds of thousands of frames and a program may throw in a loop, so a frame is a plain tuple, and its
offset in the bytecode is looked up only where somebody wants it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from itertools import islice

from pvm.engines.native import layout
from pvm.engines.native.cage import Cage
from pvm.engines.native.program import Program
from pvm.engines.traces import TRACE_HALF

Frame = tuple[int, int, int, bool]
"""Address, function, address of the internal code that it is at, and whether this is a block that was not begun."""
_HEADER = struct.Struct("<III")
assert (layout.FRAME_RETURN, layout.FRAME_DELTA, layout.FRAME_FUNCTION) == (0, 4, 8)


def frames_of(program: Program, cage: Cage, pc: int, base: int, *, arrived: bool = False) -> Iterator[Frame]:
    """The frames of a stack, innermost first, from where it goes on; ``arrived`` at a block that was not begun."""
    read, memory = _HEADER.unpack_from, cage.view(0, layout.CAGE_SIZE)
    functions, size = program.linked.functions_address, layout.FUNCTION_SIZE
    while base:
        returns_to, distance, descriptor = read(memory, base)
        yield base, (descriptor - functions) // size, pc, arrived
        if not distance:
            return
        # Where a call returns to is behind it.
        pc, base, arrived = returns_to - 1, base - distance, False


def offset_of(program: Program, frame: Frame) -> int:
    """The offset in the bytecode of the instruction that a frame is at."""
    _, function, pc, arrived = frame
    return program.offset_at(function, pc, arrived=arrived)


def callers_of(program: Program, cage: Cage, base: int) -> Iterator[Frame]:
    """The frames behind one."""
    returns_to, distance, _ = _HEADER.unpack_from(cage.view(base, _HEADER.size))
    return frames_of(program, cage, returns_to - 1, base - distance) if distance else iter(())


def capture(
    program: Program, cage: Cage, frames: Iterator[Frame], skip: Callable[[int, int], int]
) -> list[tuple[int, int]]:
    """(function, offset) pairs, innermost first, the middle of a long trace left out.

    ``skip`` is the image's ``stack.skip``.
    """
    kept = list(islice(frames, TRACE_HALF + 1))
    if len(kept) > TRACE_HALF:
        before_last = skip(kept[-1][0], TRACE_HALF)
        if before_last:
            kept.pop()
            frames = callers_of(program, cage, before_last)
        kept += frames
    return [(frame[1], offset_of(program, frame)) for frame in kept]
