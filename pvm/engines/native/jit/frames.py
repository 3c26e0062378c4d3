"""How compiled code and frames exchange values: writing frames before leaving, reading them when control comes back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pvm.engines.native import layout
from pvm.engines.native.code.operands import Operand
from pvm.engines.native.code.translator import Point
from pvm.engines.native.interpreter.services import RETURN_TO_CODE
from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.shadows import ShadowLowering
from pvm.engines.native.llvm.lowering import float_text
from pvm.engines.native.slots import slot_value
from pvm.isa.machine import Val


class FrameLowering(ShadowLowering):
    """Adds to the machine what it knows of frames.

    The frame of the root is there already; those of inlined functions come into being when compiled
    code leaves inside them, as if internal code had called them.
    """

    def text_address(self, activation: Activation) -> str:
        """The address of a function's internal code (i64), in which positions are counted."""
        text = self.text
        descriptor = self.metadata.descriptor(activation.facts.index)
        narrow = text.value(f"load i32, ptr {self.word(descriptor + layout.FUNCTION_TEXT)}, align 4")
        return text.value(f"zext i32 {narrow} to i64")

    def internal_code(self, activation: Activation, position: int) -> str:
        """A pointer to internal code of an activation's function."""
        text = self.text
        address = text.value(f"add i64 {self.text_address(activation)}, {position}")
        return text.value(f"getelementptr i8, ptr %cage, i64 {address}")

    # Writing

    def write_frames(
        self, activation: Activation, point: Point, live: int, prims: Sequence[Val], refs: Sequence[Val]
    ) -> None:
        """Write the frames of an activation, which is at ``point``, and of all that it is inlined into."""
        for child in activation.chain[1:]:
            self.write_parent(child)
        self.write_frame(activation, point, live, prims, refs)

    def write_parent(self, child: Activation) -> None:
        """Write the frame of what an activation is inlined into, which waits for it."""
        parent = child.parent
        assert parent is not None
        prims = [
            self.get(self.prim_variable(parent, position, kind), kind)
            for position, kind in enumerate(child.waiting_prims)
        ]
        refs = [self.get(self.ref_variable(parent, position), "ref") for position in range(child.waiting_refs)]
        self.write_frame(parent, self.after_call(parent, child), self.live_after(parent, child), prims, refs)

    @staticmethod
    def after_call(parent: Activation, child: Activation) -> Point:
        """Where a parent goes on when a child returns."""
        assert child.call is not None
        return parent.facts.points.after[child.call.offset]

    @staticmethod
    def live_after(parent: Activation, child: Activation) -> int:
        """What a parent reads when a child has returned or thrown, and what the child reads shadows of until then."""
        assert child.call is not None
        return parent.facts.live_across(child.call) | child.shadowed_in(parent)

    def write_frame(
        self, activation: Activation, point: Point, live: int, prims: Sequence[Val], refs: Sequence[Val]
    ) -> None:
        """Write the frame of one activation."""
        frame = self.write_values(activation, point, live, prims, refs)
        if activation.parent is not None:
            self.write_header(activation, activation.parent, frame)

    def write_values(
        self, activation: Activation, point: Point, live: int, prims: Sequence[Val], refs: Sequence[Val]
    ) -> str:
        """Write locals and operands of a frame, but not its header; a pointer to the frame."""
        frame = self.frame(activation)
        written: set[int] = set()
        facts = activation.facts
        for number, slot in enumerate(facts.frame.locals):
            if live >> number & 1:
                self.store_slot(self._slot(frame, slot), self.get(activation.local(number), facts.kinds[number]))
                written.add(slot)
        for items, values in ((point.prims, prims), (point.refs, refs)):
            for item, value in zip(items, values, strict=False):
                if isinstance(item, int) and item not in written:
                    self.store_slot(self._slot(frame, item), value)
                    written.add(item)
        if activation.parent is not None:
            self._clear(activation, frame, written)
        return frame

    def _slot(self, frame: str, slot: int) -> str:
        return self.text.value(f"getelementptr i64, ptr {frame}, i64 {slot}")

    def write_header(self, activation: Activation, parent: Activation, frame: str) -> None:
        """Let an inlined function return to internal code of its parent, which looks for its machine code then."""
        position = self.after_call(parent, activation).position
        self.write_return(parent, position, frame, self.distance_of(self.service(RETURN_TO_CODE)))
        text, descriptor = self.text, self.metadata.descriptor(activation.facts.index)
        place = text.value(f"getelementptr i8, ptr {frame}, i64 {layout.FRAME_FUNCTION}")
        text.line(f"store i64 {descriptor}, ptr {place}, align 8")

    def write_return(self, caller: Activation, position: int, frame: str, native: str) -> None:
        """Write where the function of a frame returns to: internal code of the caller, and machine code (i64) or 0."""
        text = self.text
        address = text.value(f"add i64 {self.text_address(caller)}, {position}")
        distance = 8 * caller.facts.frame.size << 32
        text.line(f"store i64 {text.value(f'or i64 {address}, {distance}')}, ptr {frame}, align 8")
        place = text.value(f"getelementptr i8, ptr {frame}, i64 {layout.FRAME_NATIVE}")
        text.line(f"store i64 {native}, ptr {place}, align 8")

    def distance_of(self, pointer: str) -> str:
        """The bytes (i64) from the dispatch table to a function, as FRAME_NATIVE has them."""
        text = self.text
        here = text.value(f"ptrtoint ptr {pointer} to i64")
        return text.value(f"sub i64 {here}, {text.value('ptrtoint ptr %table to i64')}")

    def _clear(self, activation: Activation, frame: str, written: set[int]) -> None:
        """Clear the references of an inlined function's frame that were not written: no call has done so."""
        shape = activation.facts.frame
        first = layout.FRAME_SLOTS + shape.params
        params = range(layout.FRAME_SLOTS, layout.FRAME_SLOTS + shape.ref_params)
        for slot in (*params, *range(first, first + shape.refs)):
            if slot not in written:
                self.text.line(f"store i64 0, ptr {self._slot(frame, slot)}, align 8")

    # Operands that wait while something else runs

    def put_aside(self, activation: Activation) -> None:
        """Move the operands of an activation to variables."""
        for position, value in enumerate(activation.prims):
            self.set(self.prim_variable(activation, position, value.kind), value)
        for position, value in enumerate(activation.refs):
            self.set(self.ref_variable(activation, position), value)

    def take_back(self, activation: Activation) -> None:
        """Take the operands from the variables."""
        activation.prims[:] = self.waiting_prims(activation)
        activation.refs[:] = self.waiting_refs(activation)

    def waiting_prims(self, activation: Activation) -> list[Val]:
        """Primitive operands that were put aside."""
        return [
            self.get(self.prim_variable(activation, position, value.kind), value.kind)
            for position, value in enumerate(activation.prims)
        ]

    def waiting_refs(self, activation: Activation) -> list[Val]:
        """Reference operands that were put aside."""
        return [self.get(self.ref_variable(activation, position), "ref") for position, _ in enumerate(activation.refs)]

    def prim_variable(self, activation: Activation, position: int, kind: str) -> str:
        """The variable of a primitive operand between blocks."""
        return f"%{activation.prefix}.s{position}.{kind}"

    def ref_variable(self, activation: Activation, position: int) -> str:
        """The variable of a reference operand between blocks."""
        return f"%{activation.prefix}.r{position}"

    # Reading

    def read_frames(self, innermost: Activation, call_offset: int) -> None:
        """Fill the variables of an activation that a callee returned to, and of all that it is inlined into.

        Precondition: the operands that wait are in the lists of the activations, by kind.
        """
        chain = innermost.chain
        for each, child in pairwise(chain):
            self._read_frame(each, self.after_call(each, child), self.live_after(each, child))
        facts = innermost.facts
        live = facts.live.get(self._end(innermost, call_offset), 0)
        self._read_frame(innermost, facts.points.after[call_offset], live)

    def _read_frame(self, activation: Activation, point: Point, live: int) -> None:
        frame = self.frame(activation)
        self.read_locals(activation, live, frame)
        for position, value in enumerate(activation.prims):
            self._read_operand(
                self.prim_variable(activation, position, value.kind), point.prims[position], value.kind, frame
            )
        for position, _ in enumerate(activation.refs):
            self._read_operand(self.ref_variable(activation, position), point.refs[position], "ref", frame)

    @staticmethod
    def _end(activation: Activation, offset: int) -> int:
        return next(each.end for each in activation.facts.verified.instructions if each.offset == offset)

    def read_locals(self, activation: Activation, live: int, frame: str) -> None:
        """Fill the variables of live locals."""
        facts = activation.facts
        for number, slot in enumerate(facts.frame.locals):
            if live >> number & 1:
                value = self.load_slot(self._slot(frame, slot), facts.kinds[number])
                self.set(activation.local(number), value)
                self.note_set(activation, number)

    def _read_operand(self, variable: str, item: Operand, kind: str, frame: str) -> None:
        if isinstance(item, int):
            self.set(variable, self.load_slot(self._slot(frame, item), kind))
            return
        self.set(variable, self.constant_of(item.bits, kind))

    @staticmethod
    def constant_of(bits: int, kind: str) -> Val:
        """The constant with the 64 bits of a slot."""
        if kind in {"i32", "i64", "ref"}:
            low = bits & 0xFFFFFFFF if kind != "i64" else bits
            return Val(str(low), kind)
        return Val(float_text(slot_value(kind, bits & (1 << 64) - 1)), kind)
