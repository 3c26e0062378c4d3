"""How compiled code and frames exchange values: they are written where it is left, and read where loops are entered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from pvm.engines.native import layout
from pvm.engines.native.code.translator import Point
from pvm.engines.native.interpreter.services import RETURN_TO_CODE
from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.ranges import LEAST, MOST, Interval
from pvm.engines.native.jit.shadows import ShadowLowering
from pvm.engines.native.jit.virtual import waiting_node
from pvm.isa.machine import Val


class FrameLowering(ShadowLowering):
    """Adds to the machine what it knows of frames.

    They come into being when compiled code leaves inside of their functions, as if internal code had called them.  Of
    the frame of the root, whoever called it writes the header.
    """

    def text_address(self, activation: Activation) -> str:
        """The address of a function's internal code (i64), in which positions are counted."""
        text = self.text
        descriptor = self.metadata.descriptor(activation.facts.index)
        narrow = text.value(f"load i32, ptr {self.word(descriptor + layout.FUNCTION_TEXT)}, align 4")
        return text.value(f"zext i32 {narrow} to i64")

    # Writing

    def write_parent(self, child: Activation) -> None:
        """Write the values of what an activation is inlined into, which waits for it."""
        parent, call = child.parent, child.call
        assert parent is not None
        assert call is not None
        prims = [
            self.held(self.prim_variable(parent, position, kind), kind)
            for position, kind in enumerate(child.waiting_prims)
        ]
        refs = [
            self.held(self.ref_variable(parent, position), "ref", waiting_node(parent, position, call.offset))
            for position in range(child.waiting_refs)
        ]
        facts = parent.facts
        self.write_values(parent, facts.points.after[call.offset], facts.live_across(call), prims, refs)

    def write_values(
        self, activation: Activation, point: Point, live: int, prims: Sequence[Val], refs: Sequence[Val]
    ) -> None:
        """Write locals and operands of a frame, but not its header."""
        frame = self.frame(activation)
        written: set[int] = set()
        facts = activation.facts
        for number, slot in enumerate(facts.frame.locals):
            if live >> number & 1:
                self.write_slot(self._slot(frame, slot), self.held(activation.local(number), facts.kinds[number]))
                written.add(slot)
        for items, values in ((point.prims, prims), (point.refs, refs)):
            for item, value in zip(items, values, strict=False):
                if isinstance(item, int) and item not in written:
                    self.write_slot(self._slot(frame, item), value)
                    written.add(item)
        self._clear(activation, frame, written)

    def _slot(self, frame: str, slot: int) -> str:
        return self.text.value(f"getelementptr i64, ptr {frame}, i64 {slot}")

    def write_header(self, activation: Activation, parent: Activation) -> None:
        """Let an inlined function return to internal code of its parent, which looks for its machine code then."""
        assert activation.call is not None
        descriptor = str(self.metadata.descriptor(activation.facts.index))
        position = parent.facts.points.after[activation.call.offset].position
        self.write_callee(parent, position, self.frame(activation), descriptor)

    def write_callee(self, caller: Activation, position: int, frame: str, descriptor: str) -> None:
        """Write the header of a frame: its function (i64), and that it returns to internal code of the caller."""
        text = self.text
        address = text.value(f"trunc i64 {text.value(f'add i64 {self.text_address(caller)}, {position}')} to i32")
        # In halves: LLVM would load one constant of 64 bits in a register on the way that never leaves.
        text.line(f"store i32 {address}, ptr {frame}, align 8")
        upper = text.value(f"getelementptr i8, ptr {frame}, i64 4")
        text.line(f"store i32 {8 * caller.facts.frame.size}, ptr {upper}, align 4")
        native = self._distance_of(self.service(RETURN_TO_CODE))
        for offset, value in ((layout.FRAME_NATIVE, native), (layout.FRAME_FUNCTION, descriptor)):
            place = text.value(f"getelementptr i8, ptr {frame}, i64 {offset}")
            text.line(f"store i64 {value}, ptr {place}, align 8")

    def _distance_of(self, pointer: str) -> str:
        """The bytes (i64) from the dispatch table to a function, as FRAME_NATIVE has them."""
        text = self.text
        here = text.value(f"ptrtoint ptr {pointer} to i64")
        return text.value(f"sub i64 {here}, {text.value('ptrtoint ptr %table to i64')}")

    def _clear(self, activation: Activation, frame: str, written: set[int]) -> None:
        """Clear the references of a frame that were not written: no call has done so."""
        shape = activation.facts.frame
        first = layout.FRAME_SLOTS + shape.params
        params = range(layout.FRAME_SLOTS, layout.FRAME_SLOTS + shape.ref_params)
        unset = [slot for slot in (*params, *range(first, first + shape.refs)) if slot not in written]
        for start, count in _runs(unset):
            self.text.line(f"store <{count} x i64> zeroinitializer, ptr {self._slot(frame, start)}, align 8")

    # Operands that wait while something else runs

    def put_aside(self, activation: Activation, *places: int) -> None:
        """Move the operands of an activation to variables, until they are taken back at one of these places.

        The analysis of escapes takes it that there are no others.
        """
        for position, value in enumerate(activation.prims):
            self.set(self.prim_variable(activation, position, value.kind), value)
        for position, value in enumerate(activation.refs):
            nodes = [waiting_node(activation, position, place) for place in places]
            self.set(self.ref_variable(activation, position), value, *nodes)

    def take_back(self, activation: Activation, place: int) -> None:
        """Take the operands from the variables, at a place: the offset of a block, or of a call."""
        activation.prims[:] = self.waiting_prims(activation)
        activation.refs[:] = self.waiting_refs(activation, place)

    def waiting_prims(self, activation: Activation) -> list[Val]:
        """Primitive operands that were put aside."""
        return [
            self.get(self.prim_variable(activation, position, value.kind), value.kind)
            for position, value in enumerate(activation.prims)
        ]

    def waiting_refs(self, activation: Activation, place: int) -> list[Val]:
        """Reference operands that were put aside."""
        return [self._waiting_ref(activation, position, place) for position, _ in enumerate(activation.refs)]

    def _waiting_ref(self, activation: Activation, position: int, place: int) -> Val:
        return self.get(self.ref_variable(activation, position), "ref", waiting_node(activation, position, place))

    def prim_variable(self, activation: Activation, position: int, kind: str) -> str:
        """The variable of a primitive operand between blocks."""
        return f"%{activation.prefix}.s{position}.{kind}"

    def ref_variable(self, activation: Activation, position: int) -> str:
        """The variable of a reference operand between blocks."""
        return f"%{activation.prefix}.r{position}"

    # Reading

    def read_locals(self, activation: Activation, live: int, frame: str, known: Mapping[int, Interval]) -> None:
        """Fill the variables of live locals, of some of which it is known what numbers they can be."""
        facts = activation.facts
        for number, slot in enumerate(facts.frame.locals):
            if live >> number & 1:
                note = f", !range {self.interval(known[number])}" if number in known else ""
                value = self.load_slot(self._slot(frame, slot), facts.kinds[number], note=note)
                self.set(activation.local(number), value)
                self.note_set(activation, number)

    def interval(self, interval: Interval) -> str:
        """The node of an interval that has not all numbers: the first, and what follows the last."""
        end = interval.high + 1 if interval.high < MOST else LEAST
        return self.text.module.node(f"i64 {interval.low}, i64 {end}")


def _runs(slots: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and number of slots that follow each other."""
    for _, run in groupby(enumerate(slots), lambda item: item[1] - item[0]):
        first, *others = (slot for _, slot in run)
        yield first, 1 + len(others)
