"""Looks at the frames of running and suspended translated code: stack traces and the memory count.

A frame is a Python frame whose code object is a translation; its line number, through the
translation's ``lines``, gives the code offset and how many reference slots are in use.  Frames of
the running activation are on the Python stack, the rest are generators on the stacks of tasks.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType, GeneratorType
from typing import Any

from pvm.engines.accounting import string_size
from pvm.engines.reference.heap import Array, Closure, GuestObject, HeapObject, WeakReference
from pvm.engines.traces import TRACE_HALF
from pvm.isa.types import ArrayKind

Lines = tuple[tuple[int, int] | None, ...]


class CodeMap:
    """Which code objects are translations, and where their lines come from."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[CodeType, int, Lines]] = {}

    def add(self, code: CodeType, index: int, lines: Lines) -> None:
        """Register the translation of a function."""
        self._known[id(code)] = (code, index, lines)

    def place(self, frame: FrameType, line: int | None = None) -> tuple[int, int, int] | None:
        """Function, offset and depth of the reference stack of a frame; None if it is none of ours."""
        known = self._known.get(id(frame.f_code))
        if known is None:
            return None
        number = frame.f_lineno if line is None else line
        place = known[2][number - 1] if number else None
        return None if place is None else (known[1], *place)

    def is_guest(self, frame: FrameType) -> bool:
        """Whether the frame runs a translation."""
        return id(frame.f_code) in self._known

    def running(self, stop: CodeType | None) -> Iterator[FrameType]:
        """Frames of translations on the Python stack, innermost first, up to one that runs ``stop``."""
        frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - the documented way to see frames
        while frame is not None and frame.f_code is not stop:
            if self.is_guest(frame):
                yield frame
            frame = frame.f_back

    def capture(
        self, stop: CodeType, suspended: list[GeneratorType[Any, Any, Any] | None], *, is_running: bool
    ) -> list[tuple[int, int]]:
        """The (function, offset) pairs of a task, innermost first, the middle of a long trace left out.

        What it costs does not grow with the depth of the stack.
        """
        if len(suspended) > 8 * TRACE_HALF:
            suspended = suspended[: 4 * TRACE_HALF] + suspended[-4 * TRACE_HALF :]
        frames: list[FrameType | GeneratorType[Any, Any, Any]] = []
        if is_running:
            frames += [frame for frame in self.running(stop) if self.place(frame) is not None]
        frames += [each for each in reversed(suspended) if each is not None and id(each.gi_code) in self._known]
        if len(frames) > 2 * TRACE_HALF:
            frames = frames[:TRACE_HALF] + frames[-TRACE_HALF:]
        found = []
        for each in frames:
            frame = each.gi_frame if isinstance(each, GeneratorType) else each
            place = None if frame is None else self.place(frame)
            if place is not None:
                found.append(place[:2])
        return found

    def references(self, frame: FrameType) -> Iterator[Any]:
        """Values that a frame holds; slots above its reference stack are stale."""
        place = self.place(frame)
        depth = None if place is None else place[2]
        for name, value in frame.f_locals.items():
            if name[0] == "r" and depth is not None and int(name[1:]) >= depth:
                continue
            yield value


def live_bytes(roots: Iterable[Any]) -> tuple[int, set[int]]:
    """Accounted bytes that can be reached, and the ids of what was found; clears weak references to anything else."""
    seen: set[int] = set()
    weak: list[WeakReference] = []
    work: list[Any] = [each for each in roots if isinstance(each, (bytes, HeapObject))]
    total = 0
    while work:
        value = work.pop()
        key = id(value)
        if value is None or key in seen:
            continue
        seen.add(key)
        if type(value) is bytes:
            total += string_size(len(value))
            continue
        total += value.size
        if isinstance(value, GuestObject):
            work += [getattr(value, name) for name in value.references]
        elif isinstance(value, Closure):
            work.append(value.environment)
        elif isinstance(value, Array) and value.kind is ArrayKind.REF:
            work += value.data
        elif isinstance(value, WeakReference):
            weak.append(value)
    for each in weak:
        if id(each.referent) not in seen:
            each.referent = None
    return total, seen
