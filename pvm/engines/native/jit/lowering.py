"""Instruction semantics in compiled code: variables instead of slots, and ways back into internal code.

Whatever is rare (a trap, memory that is missing, fuel that may not suffice, an instruction that only the interpreter
has) leaves for the interpreter *before* the instruction: the frames that the compiled code stands for are written, and
internal code executes the instruction from its beginning.  So no trap and no collection is ever handled here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NoReturn

from pvm.engines.native import layout
from pvm.engines.native.interpreter.services import ALLOCATE, service_index
from pvm.engines.native.jit.activation import Activation
from pvm.engines.native.jit.aliasing import Aliasing
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.llvm.heap import BEFORE_STORE, KEEPING, HeapLowering
from pvm.engines.native.llvm.image import image_function
from pvm.engines.native.llvm.lowering import IR_TYPES
from pvm.engines.native.llvm.text import UNLIKELY, FunctionText, phi
from pvm.isa.machine import Val
from pvm.isa.opcodes.objects import BULK_UNIT_SHIFT
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, HeapKind, RefType, Storage

SEGMENT = "@SEGMENT@"
"""Stands for the fuel that suffices from one look at the counter to the next, which is known at the end."""
EXTENT = "@EXTENT@"
"""Stands for the bytes of stack that the function and all that is inlined into it may need."""


class JitLowering(HeapLowering):
    """The machine for compiled code; ``leave_before`` goes back to internal code at the current instruction."""

    def __init__(self, text: FunctionText, linkage: Linkage) -> None:
        super().__init__(text)
        self.linkage = linkage
        self.metadata = linkage.metadata
        self.aliasing = Aliasing(text.module)
        self.variables: dict[str, str] = {"%fuel.v": "i64"}
        self.current: Activation
        self._exit = ""
        self._charged = ""
        self.functions: dict[str, int] = {}
        """Which function a function value is of, by operand text."""
        self.classes: dict[str, int] = {}
        """Exact classes of objects, by operand text."""
        self.texts: dict[str, bytes] = {}
        """Texts that are constants, by operand text."""

    @contextmanager
    def writing(self, text: FunctionText) -> Iterator[None]:
        """Write another function."""
        self.text, kept = text, self.text
        try:
            yield
        finally:
            self.text = kept

    # What overlaps

    def aliases(self, what: str) -> str:
        return self.aliasing.suffix(what)

    def is_mutable(self, field: tuple[int, int]) -> bool:
        return self.metadata.verified.layouts[field[0]].fields[field[1]].mutable

    def owner_of(self, field: tuple[int, int]) -> str:
        class_index, number = field
        classes = self.metadata.module.classes
        while True:
            superclass = classes[class_index].superclass
            if superclass is None or number >= len(self.metadata.verified.layouts[superclass].fields):
                return f"{class_index}.{number}"
            class_index = superclass

    # Variables

    def variable(self, name: str, kind: str) -> str:
        """A variable of the compiled function."""
        self.variables[name] = IR_TYPES[kind]
        return name

    def get(self, name: str, kind: str) -> Val:
        """The value of a variable."""
        return Val(self.text.value(f"load {IR_TYPES[kind]}, ptr {self.variable(name, kind)}"), kind)

    def set(self, name: str, value: Val) -> None:
        """Change a variable."""
        self.text.line(f"store {IR_TYPES[value.kind]} {value.raw}, ptr {self.variable(name, value.kind)}")

    def fuel(self) -> str:
        """The counter."""
        return self.text.value("load i64, ptr %fuel.v")

    def set_fuel(self, raw: str) -> None:
        """Change the counter."""
        self.text.line(f"store i64 {raw}, ptr %fuel.v")

    def frame(self, activation: Activation) -> str:
        """A pointer to the frame of an activation."""
        if not activation.offset:
            return "%base"
        return self.text.value(f"getelementptr i8, ptr %base, i64 {activation.offset}")

    # Ways out

    def service(self, symbol: str) -> str:
        """A pointer to a function of the interpreter or of the image."""
        place = self.text.value(f"getelementptr ptr, ptr %table, i64 {service_index(symbol)}")
        return self.text.value(f"load ptr, ptr {place}, align 8")

    @abstractmethod
    def leave_before(self) -> None:
        """End the block, which is cold, by going on in internal code where nothing has changed yet."""

    def begin(self) -> None:
        super().begin()
        self._charged = ""

    def share_no_exit(self) -> None:
        """Let the next exit be another one."""
        self._exit = ""

    def exit_label(self) -> str:
        """The cold block that leaves before the current instruction, or before those that can be executed again."""
        if not self._exit:
            self._exit = self.text.fresh_label("exit")
            with self.text.cold(self._exit):
                self.leave_before()
        return self._exit

    def leave_if(self, flag: str) -> None:
        """Leave before the current instruction if a flag is set."""
        self.text.branch_away(flag, self.exit_label())

    def trap_if(self, condition: Val, kind: TrapKind) -> None:
        if condition.raw != "false":
            self.leave_if(self.raw(condition))

    def trap(self, kind: TrapKind) -> NoReturn:
        raise AssertionError("internal code traps")

    def charge(self, units: Val) -> None:
        if self._charged:
            return  # before memory was taken
        left = self.text.value(f"sub i64 {self.fuel()}, {units.raw}")
        self.leave_if(self.text.value(f"icmp slt i64 {left}, {SEGMENT}"))
        self._charged = left

    def end(self) -> None:
        """End an instruction that nothing stops any more: pay for what it cost besides its block."""
        if self._charged:
            self.set_fuel(self._charged)

    # Locals, globals, constants

    def local_get(self, index: int) -> Val:
        activation = self.current
        value = self.get(activation.local(index), activation.facts.kinds[index])
        if index in activation.known:
            self.functions[self.raw(value)] = activation.known[index]
        if index in activation.exact:
            self.classes[self.raw(value)] = activation.exact[index]
        if index in activation.texts:
            self.texts[self.raw(value)] = activation.texts[index]
        return value

    def local_set(self, index: int, value: Val) -> None:
        self.set(self.current.local(index), value)

    def global_get(self, index: int) -> Val:
        type_ = self.metadata.module.globals[index].type
        kind = "ref" if isinstance(type_, RefType) else type_.name.lower()
        return self.load_slot(self.word(self.linkage.global_address(index)), kind, f"global {index}")

    def global_set(self, index: int, value: Val) -> None:
        self.store_slot(self.word(self.linkage.global_address(index)), value, f"global {index}")

    def string_const(self, index: int) -> Val:
        text = self.text
        value = text.value(f"load i32, ptr {self.word(self.linkage.string_address(index))}, align 8")
        self.leave_if(text.value(f"icmp eq i32 {value}, 0"))
        self.texts[value] = self.metadata.module.strings[index].encode()
        return Val(value, "ref")

    # Types

    def is_instance(self, a: Val, target: RefType) -> Val:
        if target.kind is HeapKind.ANY:
            return self.is_not_null(a, nullable=target.nullable)
        if target.kind is HeapKind.FUNC or self._is_interface(target):
            return self.test_type(a, lambda number: self._passes(a, number, target), nullable=target.nullable)
        # Null has the class of no object, so it need not be told from objects before.
        low, count = self._interval(target)
        passed = self.is_in_interval(self.class_id(a), str(low), str(count))
        return self._or_null(a, passed) if target.nullable else Val(passed, "flag")

    def _is_interface(self, target: RefType) -> bool:
        return target.kind is HeapKind.CLASS and self.metadata.module.classes[target.index].is_interface

    def _or_null(self, a: Val, passed: str) -> Val:
        """Whether a reference is null, if it is not known already that its object passes a test (i1)."""
        text, module = self.text, self.text.module
        known, other, done = text.fresh_label("passed"), text.fresh_label("other"), text.fresh_label("tested")
        text.branch(passed, known, other)
        text.block(known)
        # A test for null that comes next is decided here, so this has to stay a way of its own.
        text.line(f"call void {module.declare('llvm.assume', 'void (i1)')}(i1 {self.negate(self.is_null(a)).raw})")
        text.line(f"call void {module.declare('llvm.sideeffect', 'void ()')}()")
        text.jump(done)
        text.block(other)
        null = self.is_null(a)
        text.jump(done)
        text.block(done)
        return Val(text.value(phi("i1", (("true", known), (self.raw(null), other)))), "flag")

    def _passes(self, a: Val, number: Val, target: RefType) -> str:
        if target.kind is HeapKind.FUNC:
            return self.has_signature(a, number, str(target.index))
        return self.implements(number, str(self.metadata.interface_row(target.index)), str(target.index + 1))

    def _interval(self, target: RefType) -> tuple[int, int]:
        match target.kind:
            case HeapKind.CLASS:
                return self.metadata.class_interval(target.index)
            case HeapKind.ARRAY:
                return layout.CLASS_ARRAY + target.index, 1
            case HeapKind.STRING:
                return layout.CLASS_STRING, 1
            case kind:
                assert kind is HeapKind.TASK, kind
                return layout.CLASS_TASK, 1

    def field_place(self, field: tuple[int, int]) -> tuple[Storage, int | str]:
        class_index, number = field
        storage = self.metadata.verified.layouts[class_index].fields[number].storage
        return storage, self.metadata.objects[class_index].offsets[number]

    # Allocation

    def allocate(self, size: str, header: int) -> Val:
        """A new object, zeroed behind its header; internal code takes over where a collection has to come first."""
        return self.allocate_with(lambda: self.service(ALLOCATE), self.exit_label(), size, str(header))

    def new_default(self, class_index: int) -> Val:
        made = self.allocate(str(self.metadata.objects[class_index].size), self.metadata.class_ids[class_index])
        self.classes[self.raw(made)] = class_index
        return made

    def new_object(self, class_index: int, values: Sequence[Val]) -> Val:
        made = self.new_default(class_index)
        for number, value in enumerate(values):
            storage, offset = self.field_place((class_index, number))
            if self.raw(value) not in {"0", "0x0000000000000000"}:
                aliases = self.field_aliases((class_index, number), storage)
                self.store(storage, self.pointer(made, offset), value, aliases)
        return made

    def new_array(self, kind: ArrayKind, length: Val) -> Val:
        text = self.text
        # Before there is an array: internal code makes one if there is no fuel left.
        self.charge(self.shr_u(length, self.i64(BULK_UNIT_SHIFT)))
        shift = ARRAY_STORAGE[kind].size.bit_length() - 1
        bytes_ = text.value(f"add i64 {text.value(f'shl i64 {length.raw}, {shift}')}, {layout.ELEMENTS + 7}")
        made = self.allocate(text.value(f"and i64 {bytes_}, -8"), layout.array_class(kind))
        text.line(f"store i64 {length.raw}, ptr {self.pointer(made, layout.LENGTH)}, align 8{self.aliases('length')}")
        return made

    def new_closure(self, function: int, environment: Val | None) -> Val:
        text = self.text
        made = self.allocate("16", layout.CLASS_FUNCTION if environment is None else layout.CLASS_CLOSURE)
        word = str(self.metadata.descriptor(function))
        if environment is not None:
            upper = text.value(f"shl i64 {text.value(f'zext i32 {environment.raw} to i64')}, 32")
            word = text.value(f"or i64 {upper}, {word}")
        text.line(f"store i64 {word}, ptr {self.pointer(made, layout.CLOSURE_FUNCTION)}, align 8")
        self.functions[self.raw(made)] = function
        return made

    # Bulk operations

    def call_bulk(self, name: str, arguments: str) -> None:
        self.text.line(f"call void {self.service(image_function(name))}(ptr %cage{arguments})")
        stopped = self.text.value(f"load i64, ptr {self.word(layout.control_word('interrupted'))}, align 8")
        self.leave_if(self.text.value(f"icmp ne i64 {stopped}, 0"))

    def is_marking(self) -> str:
        """The flag that says that the heap is being marked."""
        word = self.word(layout.control_word("marking"))
        marking = self.text.value(f"load i32, ptr {word}, align 8{self.aliases('marking')}")
        return self.text.value(f"icmp ne i32 {marking}, 0")

    def store_reference(self, obj: Val, address: Val, value: Val, aliases: str = "") -> None:
        """As elsewhere; while the collector marks, it is told before.

        That keeps all registers and writes nothing that compiled code has read, so that it costs nothing in between.
        """
        text = self.text
        place, card = (
            text.value(f"getelementptr i8, ptr {base}, i64 {index}") for base, index in self._places(address)
        )
        marking = self.is_marking()
        if marking == "false":
            self.store_plainly(place, card, value, aliases)
            return
        cold, on = text.fresh_label("marking"), text.fresh_label()
        text.branch(marking, cold, on, UNLIKELY)
        with text.cold(cold):
            effects = text.module.group("nounwind willreturn memory(read, inaccessiblemem: readwrite)")
            text.line(f"call {KEEPING} void {self.service(BEFORE_STORE)}(ptr %cage, i64 {address.raw}) {effects}")
            text.jump(on)
        text.block(on, dominated=True)
        self.store_plainly(place, card, value, aliases)
