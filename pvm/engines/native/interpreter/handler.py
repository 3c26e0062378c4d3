"""The state of a handler while its IR is written: fields of the instruction, slots of the frame, ways out.

Handlers have one prototype.  They pass on ``%pc`` (the instruction), ``%base`` (the frame), ``%cage``, ``%table`` (the
dispatch table) and ``%fuel`` in registers, and end in a tail call to the next handler, so that the native stack does
not grow.  What is rare is a function of its own, entered by a tail call too, so that handlers spill nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, NoReturn

from pvm.engines.native import layout
from pvm.engines.native.code.operations import Kind, Operation, TypeShape
from pvm.engines.native.code.sequences import Link
from pvm.engines.native.exits import Exit
from pvm.engines.native.llvm.heap import HeapLowering
from pvm.engines.native.llvm.image import image_function
from pvm.engines.native.llvm.lowering import IR_TYPES
from pvm.engines.native.llvm.text import FunctionText, quoted
from pvm.isa.machine import Val
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, RefType, Storage

PROTOTYPE = "ptr %pc, ptr %base, ptr %cage, ptr %table, i64 %fuel"
CONVENTION = "preserve_nonecc"
MAX_FRESH = 1 << 16
"""Objects up to this size are made in the nursery by handlers."""


def handler_symbol(name: str) -> str:
    """The name of the handler of an operation or a sequence."""
    return f"op.{name}"


class Part(NamedTuple):
    """An instruction that a handler executes, what it takes of those before it, and what writes its code."""

    operation: Operation
    links: tuple[Link, ...]
    emit: Callable[[Handler], None]


class _Source(NamedTuple):
    """A field of one of the instructions, by its number."""

    number: int
    field: str


class _Made(NamedTuple):
    """The result of an instruction, and where that is."""

    operation: Operation
    pc: str
    value: Val
    last_use: int
    """Which of the instructions is the only one to use it, so that it is not stored; 0 if it is."""


class Handler(HeapLowering):
    """One handler being written; its operands and immediates are fields of the instruction at ``pc``."""

    def __init__(self, text: FunctionText, parts: Sequence[Part]) -> None:
        """``parts`` are the instructions that it executes."""
        super().__init__(text)
        self.parts = parts
        self.number = 0
        """Which of them is being written."""
        self.pc = "%pc"
        self.left = "%fuel"
        self.charged = False
        self._made: dict[int, _Made] = {}
        self._known: dict[_Source, Val] = {}
        """Operands that were read, and results."""
        self._slots: dict[_Source | None, str] = {}
        """The slots of operands that were read."""

    @property
    def operation(self) -> Operation:
        """The instruction's."""
        return self.parts[self.number].operation

    @property
    def is_sequence(self) -> bool:
        """Whether it executes several instructions."""
        return len(self.parts) > 1

    @property
    def is_at_end(self) -> bool:
        """Whether there is no instruction left that it executes too."""
        return self.number == len(self.parts) - 1

    # The instruction

    def field(self, name: str) -> str:
        """The value of a field as i64, extended as its kind says."""
        source = self._source(name)
        if source in self._slots:
            return self._slots[source]
        field = self.operation.field(name)
        return self.load_field(field.offset, field.kind)

    def _source(self, name: str) -> _Source | None:
        """What a field is known to be the same as."""
        links = self.parts[self.number].links
        return next((_Source(self.number - each.back, each.source) for each in links if each.operand == name), None)

    def load_field(self, offset: int | str, kind: Kind, base: str = "") -> str:
        """What is in the instruction stream behind ``base``, the instruction by default, as i64."""
        base = base or self.pc
        pointer = self.text.pure(f"getelementptr i8, ptr {base}, i64 {offset}") if offset != 0 else base
        bits = 8 * kind.size
        raw = self.text.pure(f"load i{bits}, ptr {pointer}, align {kind.size}")
        if bits == 64:
            return raw
        return self.text.pure(f"{'sext' if kind.signed else 'zext'} i{bits} {raw} to i64")

    # Slots

    def slot(self, number: str, frame: str = "%base") -> str:
        """A pointer to a slot."""
        return self.text.pure(f"getelementptr i64, ptr {frame}, i64 {number}")

    def read(self, name: str, kind: str) -> Val:
        """The value in the slot that a field names."""
        source = self._source(name)
        if source is None:
            number = self._slots[_Source(self.number, name)] = self.field(name)
            value = self.load_slot(self.slot(number), kind)
        else:
            value = self._moved(self._known[source], kind)
        self._known[_Source(self.number, name)] = value
        return value

    def _moved(self, value: Val, kind: str) -> Val:
        """What loading a value of another kind from the slot that it is stored in would give."""
        text, raw = self.text, self.raw(value)
        if value.kind == kind:
            return value
        if value.kind != "i64":
            if value.kind in {"f32", "f64"}:
                raw = text.pure(f"bitcast {IR_TYPES[value.kind]} {raw} to i{32 if value.kind == 'f32' else 64}")
            if value.kind != "f64":
                raw = text.pure(f"zext i32 {raw} to i64")
            return self._moved(Val(raw, "i64"), kind)
        if kind == "f64":
            return Val(text.pure(f"bitcast i64 {raw} to double"), kind)
        narrow = text.pure(f"trunc i64 {raw} to i32")
        return Val(text.pure(f"bitcast i32 {narrow} to float") if kind == "f32" else narrow, kind)

    def write(self, name: str, value: Val) -> None:
        """Store into the slot that a field names; always all 64 bits, so that whatever loads it next is fast."""
        last_use = self._last_use() if name == "result" else 0
        if name == "result":
            self._known[_Source(self.number, name)] = value
            self._made[self.number] = _Made(self.operation, self.pc, value, last_use)
        if not last_use:
            self.store_slot(self.slot(self.field(name)), value)

    def _last_use(self) -> int:
        """Which instruction is the only one that uses the result of this one; 0 if there may be others."""
        for number in range(self.number + 1, len(self.parts)):
            if any(link.is_last_use and number - link.back == self.number for link in self.parts[number].links):
                return number
        return 0

    def _store_for_others(self) -> None:
        """Store what this instruction and those behind it use, before one that begins here has a handler of its own."""
        for operation, pc, value, last_use in self._made.values():
            if last_use >= self.number > 0:
                place = self.load_field(operation.field("result").offset, Kind.RESULT, pc)
                self.store_slot(self.slot(place), value)

    def move(self, to: str, source: str) -> None:
        """Copy a slot to another, by pointer."""
        self.text.line(f"store i64 {self.text.value(f'load i64, ptr {source}, align 8')}, ptr {to}, align 8")

    # Control words

    def control(self, name: str) -> str:
        """A pointer to a control word."""
        return self.word(layout.control_word(name))

    def load_control(self, name: str, type_: str = "i64") -> str:
        """The value of a control word."""
        return self.text.value(f"load {type_}, ptr {self.control(name)}, align 8")

    def store_control(self, name: str, raw: str) -> None:
        """Set a control word."""
        self.text.line(f"store i64 {raw}, ptr {self.control(name)}, align 8")

    # Ways out

    def tail(self, target: str, pc: str = "", base: str = "%base", fuel: str | None = None) -> None:
        """End in another function of the prototype, at this instruction by default."""
        if pc in {"", self.pc} and base == "%base":
            # The instruction is executed anew, or the host looks at it.
            self._store_for_others()
        arguments = f"ptr {pc or self.pc}, ptr {base}, ptr %cage, ptr %table, i64 {fuel or '%fuel'}"
        self.text.line(f"musttail call {CONVENTION} void {target}({arguments})")
        self.text.line("ret void")

    def dispatch(self, pc: str, base: str = "%base", fuel: str | None = None) -> None:
        """End in the handler of the instruction at ``pc``."""
        number = self.text.value(f"load i16, ptr {pc}, align 8")
        entry = self.text.value(f"getelementptr ptr, ptr %table, i64 {self.text.value(f'zext i16 {number} to i64')}")
        target = self.text.value(f"load ptr, ptr {entry}, align 8")
        self.tail(target, pc, base, fuel or self.left)

    def next(self) -> None:
        """Go on with the next instruction, paying for what this one cost besides its block."""
        following = self.after()
        if self.charged:
            self.branch_if_empty(self.left, following, "@poll.after")
        if self.is_at_end:
            self.dispatch(following)
            return
        assert not self.charged, self.operation.name
        self._go_on(following)

    def _go_on(self, pc: str) -> None:
        """Execute the next of the instructions that are executed together."""
        self.number += 1
        self.pc = pc
        self.begin()
        self.parts[self.number].emit(self)

    def after(self, size: int | str | None = None) -> str:
        """A pointer to the instruction behind this one."""
        return self.text.pure(f"getelementptr i8, ptr {self.pc}, i64 {self.operation.size if size is None else size}")

    def pay(self, cost: str, pc: str, polls: Callable[[], str]) -> None:
        """End by charging for the block at ``pc`` and going there; ``polls`` gives an i64 that is not 0 if it polls."""
        text = self.text
        left = text.value(f"sub i64 %fuel, {cost}")
        cold = text.fresh_label("poll")
        with text.cold(cold):
            self.poll(polls(), pc, left)
        text.branch_away(text.value(f"icmp slt i64 {left}, 0"), cold)
        self.dispatch(pc, fuel=left)

    def poll(self, polls: str, pc: str, left: str, base: str = "%base") -> None:
        """End where the counter went below zero on the way to ``pc``; an i64 says if a task may be preempted there."""
        text = self.text
        point, block = text.fresh_label(), text.fresh_label()
        text.branch(text.value(f"icmp ne i64 {polls}, 0"), point, block)
        text.block(point, dominated=True)
        self.tail("@poll.point", pc, base, left)
        text.block(block, dominated=True)
        self.tail("@poll.block", pc, base, left)

    def polls(self, bit: int) -> str:
        """Whether a bit of the field ``polls`` is set, as an i64 that is not 0 then."""
        return self.text.value(f"and i64 {self.field('polls')}, {bit}")

    def branch_if_empty(self, left: str, pc: str, target: str, base: str = "%base") -> None:
        """Leave for a poll function if the counter is below zero."""
        cold = self.text.fresh_label("poll")
        with self.text.cold(cold):
            self.tail(target, pc, base, left)
        self.text.branch_away(self.text.value(f"icmp slt i64 {left}, 0"), cold)

    def begin_alone(self) -> None:
        """End in the handler that this instruction has outside of sequences: it may call, with nothing in registers."""
        self.tail(quoted(handler_symbol(self.operation.name)))

    def leave(self, reason: Exit, value: str = "0", pc: str = "", fuel: str | None = None) -> None:
        """End the block by exiting to the host."""
        self.store_control("exit", str(int(reason)))
        self.store_control("exit_value", value)
        self.tail("@leave", pc, "%base", fuel)

    def trap(self, kind: TrapKind) -> None:
        self.tail(f'@"trap.{kind.mnemonic}"')

    # Costs and memory

    def charge(self, units: Val) -> None:
        self.charged = True
        self.left = self.text.value(f"sub i64 {self.left}, {units.raw}")

    def allocate(self, size: str, header: str) -> Val:
        """A new object of ``size`` bytes (i64), zeroed behind its header; without room, collects and starts again."""
        missing = self.text.fresh_label("collect")
        if self.is_sequence:
            with self.text.cold(missing):
                self.begin_alone()
            return self.allocate_with(None, missing, size, header)
        with self.text.cold(missing):
            self.tail("@collect")
        return self.allocate_with(lambda: image_function("heap.allocate"), missing, size, header)

    def store_reference(self, obj: Val, address: Val, value: Val, aliases: str = "") -> None:
        """As elsewhere; in a sequence, whoever has to tell the collector does it alone."""
        if not self.is_sequence:
            super().store_reference(obj, address, value, aliases)
            return
        marking = self.text.fresh_label("marking")
        with self.text.cold(marking):
            self.begin_alone()
        self.text.branch_away(self.is_marking(), marking)
        self.store_unmarked(address, value, aliases)

    def new_array(self, kind: ArrayKind, length: Val) -> Val:
        text = self.text
        shift = ARRAY_STORAGE[kind].size.bit_length() - 1
        bytes_ = text.pure(f"shl i64 {length.raw}, {shift}")
        size = text.pure(f"and i64 {text.pure(f'add i64 {bytes_}, {layout.ELEMENTS + 7}')}, -8")
        made = self.allocate(size, self.field("class"))
        place = self.pointer(made, layout.LENGTH)
        text.line(f"store i64 {length.raw}, ptr {place}, align 8")
        return made

    # Type tests: what is tested for is in the instruction

    def is_instance(self, a: Val, target: RefType) -> Val:
        variant = self.operation.variant
        assert isinstance(variant, tuple)
        shape: TypeShape = variant[0]
        nullable: bool = variant[1]
        if shape is TypeShape.ANY:
            return self.is_not_null(a, nullable=nullable)
        return self.test_type(a, lambda number: self._passes(shape, a, number), nullable=nullable)

    def _passes(self, shape: TypeShape, a: Val, number: Val) -> str:
        if shape is TypeShape.INTERVAL:
            low, count = (self.text.pure(f"trunc i64 {self.field(name)} to i32") for name in ("low", "count"))
            return self.is_in_interval(number, low, count)
        if shape is TypeShape.INTERFACE:
            return self.implements(number, self.field("row"), self.field("interface"))
        assert shape is TypeShape.FUNCTION, shape
        return self.has_signature(a, number, self.field("signature"))

    def field_place(self, field: tuple[int, int]) -> tuple[Storage, int | str]:
        storage = self.operation.variant
        assert isinstance(storage, Storage)
        return storage, self.field("offset")

    # Bulk operations

    def call_bulk(self, name: str, arguments: str) -> None:
        text = self.text
        text.line(f'call void @"image.{name}"(ptr %cage{arguments})')
        stopped = text.fresh_label("stopped")
        with text.cold(stopped):
            self.leave(Exit.INTERRUPTED)
        text.branch_away(text.value(f"icmp ne i64 {self.load_control('interrupted')}, 0"), stopped)

    # What the translator has resolved, so that no handler asks for it

    def _resolved(self) -> NoReturn:
        raise AssertionError(f"{self.operation.name}: the translator takes care of it")

    def local_get(self, index: int) -> Val:
        self._resolved()

    def local_set(self, index: int, value: Val) -> None:
        self._resolved()

    def global_get(self, index: int) -> Val:
        self._resolved()

    def global_set(self, index: int, value: Val) -> None:
        self._resolved()

    def string_const(self, index: int) -> Val:
        self._resolved()

    def new_object(self, class_index: int, values: tuple[Val, ...]) -> Val:
        self._resolved()

    def new_default(self, class_index: int) -> Val:
        self._resolved()

    def new_closure(self, function: int, environment: Val | None) -> Val:
        self._resolved()
