"""Instruction semantics to LLVM IR: objects, arrays and strings, as ``pvm.engines.native.layout`` lays them out.

Fields and elements are aligned to their size.  A NaN in the heap has any bits, since they are made canonical where they
are looked at.  A store of a reference dirties its card and, while marking runs, tells the collector.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from pvm.engines.native import layout
from pvm.engines.native.llvm.lowering import IR_TYPES, Lowering
from pvm.engines.native.llvm.text import AS_IT_IS, UNLIKELY, ModuleText, phi
from pvm.isa.machine import Val
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, RefType, Storage

HASH_LIMIT = 0xFFFFFFFF
MARKED_STORE = "@heap.storeMarked"
BEFORE_STORE = "@heap.beforeStore"
KEEPING = "preserve_mostcc"
"""The convention of what is seldom called in the middle of common things: it keeps nearly all registers."""
_STRIDE = 4
"""Slots that are cleared at once; the slack behind every stack is for that."""


def kind_of_storage(storage: Storage) -> str:
    """The kind of a loaded value."""
    return storage.prim.name.lower() if storage.prim is not None else "ref"


def define_marked_store(module: ModuleText, barrier: str) -> None:
    """Add the function that stores a reference while the collector marks; ``barrier`` tells the collector before."""
    module.define(f"""\
define internal void {MARKED_STORE}(ptr %cage, i64 %object, i64 %address, i32 %value) noinline nounwind {{
  call void {barrier}(ptr %cage, i64 %object, i64 %address)
  %place = getelementptr i8, ptr %cage, i64 %address
  store i32 %value, ptr %place, align 4
  %card = lshr i64 %address, {layout.CARD_SHIFT}
  %cards = getelementptr i8, ptr %cage, i64 {layout.CARDS}
  %byte = getelementptr i8, ptr %cards, i64 %card
  store i8 1, ptr %byte, align 1
  ret void
}}""")


def define_before_store(module: ModuleText, barrier: str) -> None:
    """Add the function that tells the collector of a reference, at an address, which is about to be overwritten.

    Where an object begins does not matter: all of it is in the nursery, or nothing is.
    """
    module.define(f"""\
define internal {KEEPING} void {BEFORE_STORE}(ptr %cage, i64 %address) noinline nounwind {{
  call void {barrier}(ptr %cage, i64 %address, i64 %address)
  ret void
}}""")


class HeapLowering(Lowering):
    """The whole machine.  Its hooks say where variables are, what allocates, what charges and what a type test is."""

    # Hooks

    @abstractmethod
    def local_get(self, index: int) -> Val: ...

    @abstractmethod
    def local_set(self, index: int, value: Val) -> None: ...

    @abstractmethod
    def global_get(self, index: int) -> Val: ...

    @abstractmethod
    def global_set(self, index: int, value: Val) -> None: ...

    @abstractmethod
    def string_const(self, index: int) -> Val: ...

    @abstractmethod
    def is_instance(self, a: Val, target: RefType) -> Val: ...

    @abstractmethod
    def charge(self, units: Val) -> None: ...

    @abstractmethod
    def new_object(self, class_index: int, values: tuple[Val, ...]) -> Val: ...

    @abstractmethod
    def new_default(self, class_index: int) -> Val: ...

    @abstractmethod
    def new_array(self, kind: ArrayKind, length: Val) -> Val: ...

    @abstractmethod
    def new_closure(self, function: int, environment: Val | None) -> Val: ...

    @abstractmethod
    def field_place(self, field: tuple[int, int]) -> tuple[Storage, int | str]:
        """How a field is stored, and its offset in the object: a number or the text of an i64."""

    def aliases(self, what: str) -> str:
        """What stands behind a load or store of this kind of memory: no other kind overlaps it.

        Nothing, unless the functions that are made are large enough to gain from it.
        """
        return ""

    def is_mutable(self, field: tuple[int, int]) -> bool:
        """Whether a field may change once its object is there."""
        return True

    def owner_of(self, field: tuple[int, int]) -> str:
        """A name of a field that is the same for all classes that inherit it."""
        return ""

    @abstractmethod
    def call_bulk(self, name: str, arguments: str) -> None:
        """Call a function of the image that stops in the middle if it is interrupted, and leave then."""

    # Type tests: what is tested for are operand texts, numbers or values of run time

    def test_type(self, a: Val, passes: Callable[[Val], str], *, nullable: bool) -> Val:
        """Whether a reference is null, if that counts, or to an object whose class id ``passes`` (a flag's text)."""
        text, null = self.text, self.is_null(a)
        before, test, done = text.label, text.fresh_label("test"), text.fresh_label("tested")
        text.branch(self.raw(null), done, test)
        text.block(test, dominated=True)
        passed = passes(self.class_id(a))
        tested = text.label
        text.jump(done)
        text.block(done)
        return Val(text.value(phi("i1", (("true" if nullable else "false", before), (passed, tested)))), "flag")

    def is_not_null(self, a: Val, *, nullable: bool) -> Val:
        """Whether a reference is to any object, or null where that counts."""
        return Val("true", "flag") if nullable else self.negate(self.is_null(a))

    def is_in_interval(self, number: Val, low: str, count: str) -> str:
        """Whether a class id is one of ``count`` from ``low`` on (i32): the subclasses of a class."""
        return self.text.value(f"icmp ult i32 {self.text.value(f'sub i32 {number.raw}, {low}')}, {count}")

    def implements(self, number: Val, row: str, interface: str) -> str:
        """Whether the row (i64) of an interface has that interface (i64) for a class id."""
        text = self.text
        wide = text.value(f"zext i32 {number.raw} to i64")
        place = text.value(f"add i64 {row}, {text.value(f'shl i64 {wide}, 2')}")
        pointer = text.value(f"getelementptr i8, ptr {self.cage}, i64 {place}")
        found = text.value(f"zext i32 {text.value(f'load i32, ptr {pointer}, align 4')} to i64")
        return text.value(f"icmp eq i64 {found}, {interface}")

    def has_signature(self, a: Val, number: Val, signature: str) -> str:
        """Whether an object with a class id is a function value of a signature (i64)."""
        text = self.text
        before, look, done = text.label, text.fresh_label("look"), text.fresh_label("looked")
        distance = text.value(f"sub i32 {number.raw}, {layout.CLASS_FUNCTION}")
        text.branch(text.value(f"icmp ult i32 {distance}, 2"), look, done)
        text.block(look, dominated=True)
        descriptor = Val(text.value(f"load i32, ptr {self.pointer(a, layout.CLOSURE_FUNCTION)}, align 4"), "ref")
        # The two signatures are neighbours, as the two class ids are.
        assert layout.FUNCTION_BOUND_SIGNATURE == layout.FUNCTION_SIGNATURE + 4
        place = text.value(f"zext i32 {text.value(f'shl i32 {distance}, 2')} to i64")
        start = self.pointer(descriptor, layout.FUNCTION_SIGNATURE)
        pointer = text.value(f"getelementptr i8, ptr {start}, i64 {place}")
        found = text.value(f"zext i32 {text.value(f'load i32, ptr {pointer}, align 4')} to i64")
        same = text.value(f"icmp eq i64 {found}, {signature}")
        text.jump(done)
        text.block(done)
        return text.value(phi("i1", (("false", before), (same, look))))

    # Allocation

    def allocate_with(self, allocator: Callable[[], str] | None, missing: str, size: str, header: str) -> Val:
        """A new object of ``size`` bytes (i64), zeroed behind its header; goes to ``missing`` if there is no memory.

        ``allocator`` gives what is called where the bounds of the nursery say that there may be no room.  Without, that
        goes to ``missing`` too.
        """
        text, control = self.text, self.aliases("control")
        place = self.word(layout.control_word("nursery_top"))
        top = text.value(f"load i64, ptr {place}, align 8{control}")
        end = text.value(f"add i64 {top}, {size}")
        limit = text.value(f"load i64, ptr {self.word(layout.control_word('nursery_limit'))}, align 8{control}")
        slow, fast, done = text.fresh_label("slow"), text.fresh_label("fast"), text.fresh_label("made")
        slow = slow if allocator is not None else missing
        text.branch(text.value(f"icmp ugt i64 {end}, {limit}"), slow, fast, UNLIKELY)
        text.block(fast, dominated=True)
        text.line(f"store i64 {end}, ptr {place}, align 8{control}")
        pointer = text.value(f"getelementptr i8, ptr {self.cage}, i64 {top}")
        text.line(f"store i64 {header}, ptr {pointer}, align 8{self.aliases('header')}")
        wide = top
        if allocator is not None:
            text.jump(done)
            with text.cold(slow):
                made = text.value(f"call i64 {allocator()}(ptr {self.cage}, i64 {size}, i64 {header})")
                text.branch(text.value(f"icmp eq i64 {made}, 0"), missing, done, UNLIKELY)
            text.block(done, dominated=True)
            wide = text.value(phi("i64", ((top, fast), (made, slow))))
        narrow = text.value(f"trunc i64 {wide} to i32")
        text.know(f"zext i32 {narrow} to i64", wide)
        return Val(narrow, "ref")

    # Loads and stores

    def load(self, storage: Storage, pointer: str, aliases: str = "") -> Val:
        """Load a field or an element; a narrow one is extended by its sign."""
        kind = kind_of_storage(storage)
        align = f"align {storage.size}{aliases}"
        if storage.size >= 4:
            return Val(self.text.value(f"load {IR_TYPES[kind]}, ptr {pointer}, {align}"), kind)
        bits = 8 * storage.size
        narrow = self.text.value(f"load i{bits}, ptr {pointer}, {align}")
        extend = "zext" if storage in {Storage.U8, Storage.U16} else "sext"
        return Val(self.text.pure(f"{extend} i{bits} {narrow} to i32"), "i32")

    def store(self, storage: Storage, pointer: str, value: Val, aliases: str = "") -> None:
        """Store a field or an element, without a barrier; a narrow one keeps the low bits."""
        raw, type_ = value.raw, IR_TYPES[value.kind]
        if storage.size < 4:
            type_ = f"i{8 * storage.size}"
            raw = self.text.pure(f"trunc i32 {raw} to {type_}")
        self.text.line(f"store {type_} {raw}, ptr {pointer}, align {storage.size}{aliases}")

    def class_id(self, obj: Val) -> Val:
        """The class id of an object, which is not null."""
        # The collector's bits are 0 in between collections, so that a class is compared with where it is in memory.
        return Val(self.text.value(f"load i32, ptr {self.pointer(obj)}, align 4{self.aliases('header')}"), "i32")

    def field_load(self, field: tuple[int, int], obj: Val) -> Val:
        storage, offset = self.field_place(field)
        return self.load(storage, self.pointer(obj, offset), self.field_aliases(field, storage))

    def field_aliases(self, field: tuple[int, int], storage: Storage) -> str:
        """What stands behind a load or store of a field."""
        is_shared = storage is Storage.REF and self.is_mutable(field)
        return self.aliases(f"{'reference' if is_shared else 'field'} {self.owner_of(field)}")

    def element_aliases(self, storage: Storage) -> str:
        """What stands behind a load or store of an element."""
        return self.aliases("reference elements" if storage is Storage.REF else f"elements {storage}")

    def field_store(self, field: tuple[int, int], obj: Val, value: Val) -> None:
        storage, offset = self.field_place(field)
        if storage is not Storage.REF:
            self.store(storage, self.pointer(obj, offset), value, self.field_aliases(field, storage))
            return
        wide = self.text.pure(f"zext i32 {obj.raw} to i64")
        address = Val(self.text.pure(f"add i64 {wide}, {offset}"), "i64")
        self.store_reference(obj, address, value, self.field_aliases(field, storage))

    def length(self, obj: Val) -> Val:
        """The length of an array or a string, an i64."""
        narrow = self.text.value(f"load i32, ptr {self.pointer(obj, layout.LENGTH)}, align 4{self.aliases('length')}")
        return Val(self.text.pure(f"zext i32 {narrow} to i64"), "i64")

    def array_length(self, array: Val) -> Val:
        return self.length(array)

    def string_length(self, string: Val) -> Val:
        return self.length(string)

    def string_load(self, string: Val, index: Val) -> Val:
        return self.load(Storage.U8, self.element(string, index, 1), self.aliases("text"))

    def element(self, array: Val, index: Val, size: int) -> str:
        """A pointer to an element."""
        base = self.pointer(array, layout.ELEMENTS)
        return self.text.pure(f"getelementptr i{8 * size}, ptr {base}, i64 {index.raw}")

    def array_load(self, kind: ArrayKind, array: Val, index: Val) -> Val:
        storage = ARRAY_STORAGE[kind]
        return self.load(storage, self.element(array, index, storage.size), self.element_aliases(storage))

    def array_store(self, kind: ArrayKind, array: Val, index: Val, value: Val) -> None:
        storage = ARRAY_STORAGE[kind]
        if storage is Storage.REF:
            self.store_reference(array, self._element_address(array, index), value, self.element_aliases(storage))
        else:
            self.store(storage, self.element(array, index, storage.size), value, self.element_aliases(storage))

    def array_copy(self, kind: ArrayKind, to: Val, at: Val, source: Val, start: Val, count: Val) -> None:
        self._bulk("copy", kind, [self._wide(to), at.raw, self._wide(source), start.raw, count.raw])

    def array_fill(self, kind: ArrayKind, array: Val, start: Val, count: Val, value: Val) -> None:
        raw, text = value.raw, self.text
        if value.kind in {"f32", "f64"}:
            raw = text.value(f"bitcast {IR_TYPES[value.kind]} {raw} to i{32 if value.kind == 'f32' else 64}")
        if value.kind in {"i32", "f32", "ref"}:
            raw = text.value(f"zext i32 {raw} to i64")
        self._bulk("fill", kind, [self._wide(array), start.raw, count.raw, raw])

    def _wide(self, obj: Val) -> str:
        return self.text.pure(f"zext i32 {obj.raw} to i64")

    def _bulk(self, name: str, kind: ArrayKind, operands: list[object]) -> None:
        if kind is ArrayKind.REF:
            name += "References"
        else:
            operands = [*operands, ARRAY_STORAGE[kind].size.bit_length() - 1]
        self.call_bulk(f"array.{name}", "".join(f", i64 {operand}" for operand in operands))

    def _element_address(self, array: Val, index: Val) -> Val:
        pure = self.text.pure
        base = pure(f"add i64 {pure(f'zext i32 {array.raw} to i64')}, {layout.ELEMENTS}")
        return Val(pure(f"add i64 {base}, {pure(f'shl i64 {index.raw}, 2')}"), "i64")

    # Slots of frames

    def load_slot(self, pointer: str, kind: str, what: str = "slots", note: str = "") -> Val:
        """The value in a slot; ``note`` is metadata."""
        return Val(self.text.value(f"load {IR_TYPES[kind]}, ptr {pointer}, align 8{self.aliases(what)}{note}"), kind)

    def store_slot(self, pointer: str, value: Val, what: str = "slots") -> None:
        """Store a value into a slot; always all 64 bits, so that whatever loads it next is fast."""
        raw, kind = value.raw, value.kind
        if kind == "f64":
            self.text.line(f"store double {raw}, ptr {pointer}, align 8{self.aliases(what)}")
            return
        if kind == "f32":
            raw, kind = self.text.pure(f"bitcast float {raw} to i32"), "i32"
        if kind in {"i32", "ref"}:
            raw = self.text.pure(f"zext i32 {raw} to i64")
        self.text.line(f"store i64 {raw}, ptr {pointer}, align 8{self.aliases(what)}")

    def clear_references(self, frame: str, params: Callable[[], str], count: str) -> None:
        """Clear the ``count`` references (i64) of a frame behind its parameters, of which there are ``params`` (i64).

        A few at once, and where that is not enough, more out of line; behind them is room for it.
        """
        text = self.text
        some, done = text.fresh_label("some"), text.fresh_label("cleared")
        text.branch(text.value(f"icmp eq i64 {count}, 0"), done, some)
        text.block(some, dominated=True)
        first = text.value(f"getelementptr i64, ptr {frame}, i64 {params()}")
        self._clear_stride(first, str(layout.FRAME_SLOTS))
        loop = text.fresh_label("clear")
        with text.cold(loop):
            index, following = text.fresh(), text.fresh()
            text.line(f"{index} = phi i64 [ {_STRIDE}, %{some} ], [ {following}, %{loop} ]")
            self._clear_stride(first, text.value(f"add i64 {index}, {layout.FRAME_SLOTS}"))
            text.line(f"{following} = add i64 {index}, {_STRIDE}")
            text.branch(text.value(f"icmp ult i64 {following}, {count}"), loop, done, f"{UNLIKELY}, {AS_IT_IS}")
        text.branch(text.value(f"icmp ugt i64 {count}, {_STRIDE}"), loop, done, UNLIKELY)
        text.block(done)

    def _clear_stride(self, first: str, slot: str) -> None:
        place = self.text.value(f"getelementptr i64, ptr {first}, i64 {slot}")
        self.text.line(f"store <{_STRIDE} x i64> zeroinitializer, ptr {place}, align 8")

    # Barriers

    def store_reference(self, obj: Val, address: Val, value: Val, aliases: str = "") -> None:
        """Store a reference at an address (i64) in an object, and dirty the card.

        While the collector marks, a function does all of that: nothing but the store itself is then live in the rare
        case, so that the common one saves no registers.
        """
        text = self.text
        cold, plain, on = text.fresh_label("marking"), text.fresh_label(), text.fresh_label()
        text.branch(self.is_marking(), cold, plain, UNLIKELY)
        with text.cold(cold):
            arguments = f"ptr {self.cage}, i64 {self._wide(obj)}, i64 {address.raw}, i32 {value.raw}"
            text.line(f"call void {MARKED_STORE}({arguments})")
            text.jump(on)
        text.block(plain, dominated=True)
        self.store_unmarked(address, value, aliases)
        text.jump(on)
        text.block(on, dominated=True)

    def is_marking(self) -> str:
        """Whether the collector marks (i1)."""
        marking = self.text.value(f"load i32, ptr {self.word(layout.control_word('marking'))}, align 8")
        return self.text.value(f"icmp ne i32 {marking}, 0")

    def store_unmarked(self, address: Val, value: Val, aliases: str = "") -> None:
        """Store a reference while nobody marks; null refers to nothing that a card would have to tell of."""
        text = self.text
        place, card = (text.pure(f"getelementptr i8, ptr {base}, i64 {index}") for base, index in self._places(address))
        self.store_plainly(place, card, value, aliases)

    def store_plainly(self, place: str, card: str, value: Val, aliases: str) -> None:
        """The same, by pointers."""
        self.text.line(f"store i32 {value.raw}, ptr {place}, align 4{aliases}")
        if value.raw != "0":
            self.text.line(f"store i8 1, ptr {card}, align 1{self.aliases('cards')}")

    def _places(self, address: Val) -> tuple[tuple[str, str], tuple[str, str]]:
        """Where a reference is stored, and the byte of its card: base and offset of each."""
        card = self.text.pure(f"lshr i64 {address.raw}, {layout.CARD_SHIFT}")
        return (self.cage, self.raw(address)), (self.word(layout.CARDS), card)

    # Identity

    def identity_hash(self, obj: Val) -> Val:
        """The number in the header, minus 1; who asks first takes the next one of the counter."""
        text, pure = self.text, self.text.pure
        place = self.pointer(obj, layout.HASH_SHIFT // 8)
        stored = text.value(f"load i32, ptr {place}, align 4")
        before, cold, on = text.label, text.fresh_label("hash"), text.fresh_label()
        text.branch(text.value(f"icmp eq i32 {stored}, 0"), cold, on, UNLIKELY)
        made = text.fresh()
        with text.cold(cold):
            counter = self.word(layout.control_word("hash_counter"))
            following = text.value(f"load i32, ptr {counter}, align 8")
            text.line(f"{made} = add i32 {following}, 1")
            text.line(f"store i32 {made}, ptr {place}, align 4")
            full = text.value(f"icmp eq i32 {made}, {HASH_LIMIT}")
            text.line(f"store i32 {text.value(f'select i1 {full}, i32 0, i32 {made}')}, ptr {counter}, align 8")
            text.jump(on)
        text.block(on, dominated=True)
        known = text.value(phi("i32", ((stored, before), (made, cold))))
        return Val(pure(f"zext i32 {pure(f'sub i32 {known}, 1')} to i64"), "i64")
