"""Guest exceptions: traps made into objects, stack traces filled in, handlers found, and what the embedder gets.

An exception that is thrown is a root until its handler has it, since filling in its trace may move it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NoReturn

from pvm.engines.native import layout
from pvm.engines.native.arrays import elements_of, new_array
from pvm.engines.native.exits import Poll
from pvm.engines.native.frames import Frame, capture, frames_of, offset_of
from pvm.engines.native.heap import HeapFull
from pvm.engines.traces import MAX_CAUSES, trace_frames, trace_pairs
from pvm.errors import Exhaustion, TraceFrame, Trap
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind

if TYPE_CHECKING:
    from pvm.engines.native.machine import Machine

_FRAMES_BETWEEN_LOOKS = 4096
"""Frames that are looked through for a handler between two looks at the clock."""


class Exceptions:
    """Traps and exceptions of one instance."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.program = machine.program
        self.cage = machine.cage
        self.heap = machine.heap
        self.linked = machine.program.linked

    # Where the running task is

    def frames(self, *, arrived: bool = False, after: bool = False) -> Iterator[Frame]:
        """The frames of the running task; ``after`` the instruction that it is about."""
        if not self.cage.word("current"):
            return iter(())
        pc = self.cage.word("pc") - after
        return frames_of(self.program, self.cage, pc, self.cage.word("base"), arrived=arrived)

    def here(self, poll: Poll | None = None) -> Callable[[], list[TraceFrame]]:
        """What gives the stack trace of the running task, which is at an instruction, or left at a poll.

        The places in the source are looked up when they are asked for: a run that ends need not wait for that.
        """
        arrived = poll in {Poll.BLOCK, Poll.POINT}
        program, pairs = self.program, self._capture(self.frames(arrived=arrived, after=poll is Poll.AFTER))
        return lambda: trace_frames(program.module, pairs)

    def trace(self, frames: Iterator[Frame]) -> list[TraceFrame]:
        """Frames as people see them."""
        return trace_frames(self.program.module, self._capture(frames))

    def _capture(self, frames: Iterator[Frame]) -> list[tuple[int, int]]:
        return capture(self.program, self.cage, frames, self.machine.native.stack_skip)

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
        number = self.linked.trap_classes.get(kind)
        if number is None:
            if kind is TrapKind.OUT_OF_MEMORY:
                raise Exhaustion("memory", message, self.trace(frames))
            raise Trap(kind.mnemonic, message, self.trace(frames))
        try:
            with self.heap.reserve():
                text = self.heap.keep(self.heap.new_string(message.encode()))
                size, _, _ = self.linked.throwables[number]
                value = self.heap.allocate(size, number)
                self._set_field(value, self._message(value), self.heap.resolve(text))
                self.heap.release(text)
        except HeapFull:
            # The program keeps so many exceptions that there is no memory for another one.
            raise Exhaustion("memory", TrapKind.OUT_OF_MEMORY.message, self.trace(frames)) from None
        return value

    def throw(self, value: int, *, after: bool = False) -> None:
        """Let the running task go on at the handler of an exception that its current instruction throws.

        Raises:
            Trap, Exhaustion: nobody catches it.
        """
        self.machine.check_clock()
        if not self.cage.u32(self._trace(value)):
            value = self._fill_trace(value, after=after)
        functions = self.linked.functions
        for number, frame in enumerate(self.frames(after=after)):
            if functions[frame[1]].handlers and self._enter_handler(frame, value):
                return
            if number % _FRAMES_BETWEEN_LOOKS == _FRAMES_BETWEEN_LOOKS - 1:
                self.machine.check_clock()
        raise self._uncaught(value)

    def _fill_trace(self, value: int, *, after: bool) -> int:
        """Store the stack trace; where the exception is then."""
        numbers = [number for pair in self._capture(self.frames(after=after)) for number in pair]
        handle = self.heap.keep(value)
        try:
            with self.heap.reserve():
                trace = new_array(self.heap, ArrayKind.I32, numbers)
        except HeapFull:
            trace = 0
        value = self.heap.resolve(handle)
        self.heap.release(handle)
        self._set_field(value, self._trace(value), trace)
        return value

    def _enter_handler(self, frame: Frame, value: int) -> bool:
        address, index, _, _ = frame
        offset = offset_of(self.program, frame)
        function = self.linked.functions[index]
        number = self.heap.class_id(value)
        for start, end, target, first, count in function.handlers:
            if start <= offset < end and 0 <= number - first < count:
                placed = self.program.placed[index]
                self.cage.set_u64(address + 8 * function.caught, value)
                self.cage.set_word("base", address)
                self.cage.set_word("pc", placed.address + placed.translation.stubs[target])
                return True
        return False

    # Fields of exceptions

    def _message(self, value: int) -> int:
        """Where the reference to the message of an exception is."""
        return value + self.linked.throwables[self.heap.class_id(value)][1]

    def _trace(self, value: int) -> int:
        """Where the reference to the stack trace of an exception is."""
        return value + self.linked.throwables[self.heap.class_id(value)][2]

    def _set_field(self, value: int, place: int, reference: int) -> None:
        """Store a reference at a place in an exception, which may be old and what it gets young."""
        self.heap.barrier(value, place)
        self.cage.set_u32(place, reference)
        self.cage.view(layout.CARDS + (place >> layout.CARD_SHIFT), 1)[0] = 1

    # For the embedder

    def _uncaught(self, value: int) -> Trap | Exhaustion:
        chain = list(self._causes(value))
        if self.heap.class_id(value) == self.linked.trap_classes.get(TrapKind.OUT_OF_MEMORY):
            shown = self._as_trap(value, None)
            return Exhaustion("memory", shown.message, shown.frames)
        trap = self._as_trap(chain.pop(), None)
        while chain:
            trap = self._as_trap(chain.pop(), trap)
        return trap

    def _as_trap(self, value: int, cause: Trap | None) -> Trap:
        message, trace = self.cage.u32(self._message(value)), self.cage.u32(self._trace(value))
        pairs = trace_pairs(elements_of(self.heap, trace)[1]) if trace else []
        text = self.heap.text(message).decode("utf-8") if message else ""
        frames = trace_frames(self.program.module, pairs)
        return Trap("uncaught", text, frames, self.program.class_name(self.heap.class_id(value)), cause)

    def _causes(self, value: int) -> Iterable[int]:
        """An exception and what led to it: its field ``cause``, if it has one that is an exception."""
        seen: list[int] = []
        layouts, objects = self.program.verified.layouts, self.program.linkage.metadata.objects
        while value and value not in seen and len(seen) < MAX_CAUSES:
            seen.append(value)
            yield value
            index = self.program.class_index(self.heap.class_id(value))
            number = next((at for at, field in enumerate(layouts[index].fields) if field.name == "cause"), None)
            value = 0 if number is None else self.cage.u32(value + objects[index].offsets[number])
            if value and self.heap.class_id(value) not in self.linked.throwables:
                return
