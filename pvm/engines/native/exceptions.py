"""Guest exceptions: traps made into objects, stack traces filled in, handlers found, and what the embedder gets.

An exception that is thrown is a root until its handler has it, since filling in its trace may move it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn

from pvm.engines.native import layout
from pvm.engines.native.exits import Poll
from pvm.engines.native.frames import Frame, capture, frames_of
from pvm.engines.native.heap import HeapFull
from pvm.engines.traces import MAX_CAUSES, trace_frames, trace_pairs
from pvm.errors import Exhaustion, TraceFrame, Trap
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind

if TYPE_CHECKING:
    from pvm.engines.native.machine import Machine

_MESSAGE, _TRACE = 0, 1
"""Numbers of the throwable class's own fields."""


class Exceptions:
    """Traps and exceptions of one instance."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.program = machine.program
        self.module = machine.module
        self.cage = machine.cage
        self.heap = machine.heap
        self.trap_classes = dict(machine.module.trap_classes)

    # Where the running task is

    def frames(self, *, arrived: bool = False, after: bool = False) -> Iterator[Frame]:
        """The frames of the running task; ``after`` the instruction that it is about."""
        if not self.cage.word("current"):
            return iter(())
        pc = self.cage.word("pc") - after
        return frames_of(self.program, self.cage, pc, self.cage.word("base"), arrived=arrived)

    def here(self, poll: Poll | None = None) -> list[TraceFrame]:
        """The stack trace of the running task, which is at an instruction, or left at a poll."""
        arrived = poll in {Poll.BLOCK, Poll.POINT}
        return self.trace(self.frames(arrived=arrived, after=poll is Poll.AFTER))

    def trace(self, frames: Iterator[Frame]) -> list[TraceFrame]:
        """Frames as people see them."""
        return trace_frames(self.module, capture(frames))

    # Throwing

    def trap(self, kind: TrapKind, message: str = "", *, after: bool = False) -> None:
        """Throw the exception for a trap at the current instruction, or end the program if there is no class for it.

        Raises:
            Trap, Exhaustion: nobody catches it.
        """
        value = self._make(kind, message or kind.message, self.frames(after=after))
        self.throw(value, after=after)

    def end_by(self, kind: TrapKind) -> NoReturn:
        """End an activation that has no frame yet by a trap."""
        value = self._make(kind, kind.message, iter(()))
        raise self._uncaught(value)

    def _make(self, kind: TrapKind, message: str, frames: Iterator[Frame]) -> int:
        index = self.trap_classes.get(kind)
        if index is None:
            if kind is TrapKind.OUT_OF_MEMORY:
                raise Exhaustion("memory", message, self.trace(frames))
            raise Trap(kind.mnemonic, message, self.trace(frames))
        with self.heap.reserve():
            text = self.heap.keep(self.heap.new_string(message.encode()))
            size = self.program.metadata.objects[index].size
            value = self.heap.allocate(size, self.program.metadata.class_ids[index])
            self._set_field(value, _MESSAGE, self.heap.resolve(text))
            self.heap.release(text)
        return value

    def throw(self, value: int, *, after: bool = False) -> None:
        """Let the running task go on at the handler of an exception that its current instruction throws.

        Raises:
            Trap, Exhaustion: nobody catches it.
        """
        self.machine.check_clock()
        if not self._field(value, _TRACE):
            value = self._fill_trace(value, after=after)
        for frame in self.frames(after=after):
            if self._enter_handler(frame, value):
                return
        raise self._uncaught(value)

    def _fill_trace(self, value: int, *, after: bool) -> int:
        """Store the stack trace; where the exception is then."""
        numbers = [number for pair in capture(self.frames(after=after)) for number in pair]
        handle = self.heap.keep(value)
        try:
            with self.heap.reserve():
                trace = self.heap.new_array(ArrayKind.I32, numbers)
        except HeapFull:
            trace = 0
        value = self.heap.resolve(handle)
        self.heap.release(handle)
        self._set_field(value, _TRACE, trace)
        return value

    def _enter_handler(self, frame: Frame, value: int) -> bool:
        function = self.module.functions[frame.function]
        for handler in function.handlers:
            if handler.start <= frame.offset < handler.end and self._is_caught(value, handler.catches):
                placed = self.program.placed[frame.function]
                slot = self.program.metadata.frames[frame.function].ref_operands
                self.cage.set_u64(frame.address + 8 * slot, value)
                self.cage.set_word("base", frame.address)
                self.cage.set_word("pc", placed.address + placed.translation.stubs[handler.target])
                return True
        return False

    def _is_caught(self, value: int, class_index: int | None) -> bool:
        if class_index is None:
            return True
        first, count = self.program.metadata.class_interval(class_index)
        return 0 <= self.heap.class_id(value) - first < count

    # Fields of exceptions

    def _place(self, value: int, number: int) -> int:
        index = self.program.metadata.class_by_id[self.heap.class_id(value)]
        return value + self.program.metadata.objects[index].offsets[number]

    def _field(self, value: int, number: int) -> int:
        return self.cage.u32(self._place(value, number))

    def _set_field(self, value: int, number: int, reference: int) -> None:
        """Store a reference; the exception may be old and what it gets young."""
        place = self._place(value, number)
        self.heap.barrier(value, place)
        self.cage.set_u32(place, reference)
        self.cage.view(layout.CARDS + (place >> layout.CARD_SHIFT), 1)[0] = 1

    # For the embedder

    def _uncaught(self, value: int) -> Trap | Exhaustion:
        chain = list(self._causes(value))
        if self.heap.class_id(value) == self._memory_class():
            shown = self._as_trap(value, None)
            return Exhaustion("memory", shown.message, shown.frames)
        trap = self._as_trap(chain.pop(), None)
        while chain:
            trap = self._as_trap(chain.pop(), trap)
        return trap

    def _memory_class(self) -> int | None:
        index = self.trap_classes.get(TrapKind.OUT_OF_MEMORY)
        return None if index is None else self.program.metadata.class_ids[index]

    def _as_trap(self, value: int, cause: Trap | None) -> Trap:
        message, trace = self._field(value, _MESSAGE), self._field(value, _TRACE)
        pairs = trace_pairs(self.heap.elements(trace)[1]) if trace else []
        index = self.program.metadata.class_by_id[self.heap.class_id(value)]
        text = self.heap.text(message).decode("utf-8") if message else ""
        return Trap("uncaught", text, trace_frames(self.module, pairs), self.module.classes[index].name, cause)

    def _causes(self, value: int) -> Iterable[int]:
        """An exception and what led to it: its field ``cause``, if it has one that is an exception."""
        seen: list[int] = []
        layouts = self.program.verified.layouts
        while value and value not in seen and len(seen) < MAX_CAUSES:
            seen.append(value)
            yield value
            fields = layouts[self.program.metadata.class_by_id[self.heap.class_id(value)]].fields
            number = next((at for at, field in enumerate(fields) if field.name == "cause"), None)
            value = 0 if number is None else self._field(value, number)
            if value and not self._is_throwable(value):
                return

    def _is_throwable(self, value: int) -> bool:
        root = self.module.throwable
        return root is not None and self._is_caught(value, root)
