"""Heap operations compiled to functions and run in a cage of zeros: prints what differs, a line each.

Run as a process of its own, since native code that is wrong may end it.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NoReturn

from pvm.engines.native import layout
from pvm.engines.native.llvm.compilation import compile_blob
from pvm.engines.native.llvm.heap import HeapLowering, define_marked_store, kind_of_storage
from pvm.engines.native.llvm.image import image_function
from pvm.engines.native.llvm.lowering import ir_type
from pvm.engines.native.llvm.text import FunctionText, ModuleText, quoted
from pvm.engines.native.machine_code import foreign
from pvm.engines.native.machine_code.loader import LoadedCode, load
from pvm.engines.native.machine_code.target import host_target
from pvm.isa.machine import Val
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, RefType, Storage

FORMS = {
    Storage.I8: "<b",
    Storage.U8: "<B",
    Storage.I16: "<h",
    Storage.U16: "<H",
    Storage.I32: "<i",
    Storage.I64: "<q",
    Storage.F32: "<f",
    Storage.F64: "<d",
    Storage.REF: "<I",
}
LETTERS = {"i32": "i", "i64": "q", "f32": "f", "f64": "d", "ref": "I"}
OBJECT, ARRAY, OTHER = layout.HEAP + 0x1000, layout.HEAP + 0x2000 - 64, layout.HEAP + 0x8000
TOLD, OFFSET = layout.CONTROL + 0xF000, 16


class TestLowering(HeapLowering):
    """Nothing traps here."""

    __test__ = False
    storage = Storage.I64

    def trap(self, kind: TrapKind) -> None:
        self.text.line("unreachable")

    def field_place(self, field: tuple[int, int]) -> tuple[Storage, int | str]:
        return self.storage, OFFSET

    def _unused(self, *arguments: object) -> NoReturn:
        raise NotImplementedError

    local_get = local_set = global_get = global_set = string_const = charge = _unused  # type: ignore[assignment]
    call_bulk = new_object = new_default = new_array = new_closure = _unused  # type: ignore[assignment]

    def is_instance(self, a: Val, target: RefType) -> Val:
        self._unused()


BARRIER = f"""define internal void @image.gc.barrier(ptr %cage, i64 %object, i64 %address) {{
%told = getelementptr i8, ptr %cage, i64 {TOLD}
store i64 %object, ptr %told
%second = getelementptr i8, ptr %told, i64 8
store i64 %address, ptr %second
%place = getelementptr i8, ptr %cage, i64 %address
%old = load i32, ptr %place
%wide = zext i32 %old to i64
%third = getelementptr i8, ptr %told, i64 16
store i64 %wide, ptr %third
ret void
}}"""
"""A collector that notes what it is told."""

Body = Callable[[TestLowering, list[Val]], Val | None]


def define(module: ModuleText, name: str, kinds: str, body: Body, storage: Storage = Storage.I64) -> None:
    """A function of the cage and of values of these kinds."""
    text = FunctionText(module)
    lowering = TestLowering(text)
    lowering.storage = storage
    values = [Val(f"%p{index}", kind) for index, kind in enumerate(kinds.split())]
    result = body(lowering, values)
    text.line("ret void" if result is None else f"ret {ir_type(result.kind)} {result.raw}")
    head = "void" if result is None else ir_type(result.kind)
    parameters = ", ".join(["ptr %cage", *(f"{ir_type(each.kind)} {each.raw}" for each in values)])
    module.define(f"define {head} {quoted(name)}({parameters}) {{\n{text.finish()}\n}}")


def define_all(module: ModuleText) -> None:
    """Functions for each storage of a field and each kind of array."""
    for storage in Storage:
        kind = kind_of_storage(storage)
        define(module, f"field.get.{storage}", "ref", lambda m, v: m.field_load((0, 0), v[0]), storage)
        define(module, f"field.set.{storage}", f"ref {kind}", lambda m, v: m.field_store((0, 0), *v), storage)
    for array in ArrayKind:
        kind = kind_of_storage(ARRAY_STORAGE[array])
        define(module, f"get.{array}", "ref i64", lambda m, v, array=array: m.array_load(array, *v))
        define(module, f"set.{array}", f"ref i64 {kind}", lambda m, v, array=array: m.array_store(array, *v))
    define(module, "length", "ref", lambda m, v: m.array_length(v[0]))
    define(module, "byte", "ref i64", lambda m, v: m.string_load(*v))
    define(module, "hash", "ref", lambda m, v: m.identity_hash(v[0]))
    define(module, "class", "ref", lambda m, v: m.class_id(v[0]))


class Cage:
    """The code, and memory that it works on."""

    def __init__(self, code: LoadedCode) -> None:
        self.code = code
        flags = foreign.MAP_PRIVATE | foreign.MAP_ANONYMOUS | foreign.MAP_NORESERVE
        size = layout.CAGE_SIZE + layout.GUARD_SIZE
        self.address = foreign.Memory().map(size, foreign.PROT_READ | foreign.PROT_WRITE, flags)
        self.memory = foreign.view(self.address, layout.CAGE_SIZE)

    def call(self, name: str, kinds: str, result: str, *arguments: float) -> object:
        letters = "Q" + "".join(LETTERS[kind] for kind in kinds.split())
        return self.code.function(name, LETTERS.get(result, ""), letters)(self.address, *arguments)

    def put(self, form: str, address: int, value: float) -> None:
        struct.pack_into(form, self.memory, address, value)

    def get(self, form: str, address: int) -> int | float:
        value: int | float = struct.unpack_from(form, self.memory, address)[0]
        return value

    def cards(self) -> set[int]:
        """Dirty cards, which are then clean."""
        start = layout.CARDS + (layout.HEAP >> layout.CARD_SHIFT)
        bytes_ = bytes(self.memory[start : start + 256])
        self.memory[start : start + 256] = bytes(256)
        return {number for number, byte in enumerate(bytes_) if byte}

    def told(self) -> tuple[int, ...]:
        """What the collector was told last: object, address, and what was there then."""
        found = struct.unpack_from("<qqq", self.memory, TOLD)
        struct.pack_into("<qqq", self.memory, TOLD, 0, 0, 0)
        return found


def card(address: int) -> int:
    return (address - layout.HEAP) >> layout.CARD_SHIFT


def sample(storage: Storage) -> float:
    """A value that fills the storage, and more bits of an i32 that narrow ones drop."""
    if storage in {Storage.F32, Storage.F64}:
        return -2.5
    return {Storage.I64: -5 << 40, Storage.REF: 0xFFFF_FFF8}.get(storage, -0x7654_3202)


def kept(storage: Storage) -> int | float:
    """The sample as it is loaded again."""
    value = sample(storage)
    if storage in {Storage.I8, Storage.U8, Storage.I16, Storage.U16}:
        raw = struct.pack("<q", int(value))[: storage.size]
        return int.from_bytes(raw, "little", signed=storage in {Storage.I8, Storage.I16})
    return value


def check(what: str, found: object, wanted: object) -> Iterator[str]:
    if repr(found) != repr(wanted):
        yield f"{what}: expected {wanted!r}, found {found!r}"


def fields(cage: Cage) -> Iterator[str]:
    for storage in Storage:
        kind, form = kind_of_storage(storage), FORMS[storage]
        cage.memory[OBJECT : OBJECT + 64] = b"\xaa" * 64
        cage.call(f"field.set.{storage}", f"ref {kind}", "", OBJECT, sample(storage))
        yield from check(f"stored {storage}", cage.get(form, OBJECT + OFFSET), kept(storage))
        before, behind = cage.memory[OBJECT:][:OFFSET], cage.memory[OBJECT + OFFSET + storage.size :][:8]
        yield from check(f"around {storage}", before.tobytes() + behind.tobytes(), b"\xaa" * (OFFSET + 8))
        found = cage.call(f"field.get.{storage}", "ref", kind, OBJECT)
        yield from check(f"loaded {storage}", found, kept(storage))
        dirty = {card(OBJECT + OFFSET)} if storage is Storage.REF else set()
        yield from check(f"cards of {storage}", cage.cards(), dirty)


def arrays(cage: Cage) -> Iterator[str]:
    for array in ArrayKind:
        storage = ARRAY_STORAGE[array]
        kind, form, size = kind_of_storage(storage), FORMS[storage], storage.size
        elements = ARRAY + layout.ELEMENTS
        cage.memory[ARRAY : ARRAY + 0x4000] = bytes(0x4000)
        cage.call(f"set.{array}", f"ref i64 {kind}", "", ARRAY, 3, sample(storage))
        yield from check(f"stored {array}", cage.get(form, elements + 3 * size), kept(storage))
        yield from check(f"loaded {array}", cage.call(f"get.{array}", "ref i64", kind, ARRAY, 3), kept(storage))
        dirty = {card(elements + 3 * size)} if storage is Storage.REF else set()
        yield from check(f"cards of {array}", cage.cards(), dirty)


def headers(cage: Cage) -> Iterator[str]:
    cage.put("<Q", OTHER, 0x00000000_00123456)
    cage.put("<I", OTHER + layout.LENGTH, 0x7FFFFFFF)
    cage.put("<B", OTHER + layout.ELEMENTS + 5, 0xF1)
    yield from check("class", cage.call("class", "ref", "i32", OTHER), 0x123456)
    yield from check("length", cage.call("length", "ref", "i64", OTHER), 0x7FFFFFFF)
    yield from check("byte", cage.call("byte", "ref i64", "i32", OTHER, 5), 0xF1)
    counter = layout.control_word("hash_counter")
    for start, after in ((0, 1), (41, 42), (0xFFFFFFFE, 0)):
        cage.put("<Q", counter, start)
        cage.put("<I", OTHER + 4, 0)
        yield from check("first hash", cage.call("hash", "ref", "i64", OTHER), start)
        yield from check("same hash", cage.call("hash", "ref", "i64", OTHER), start)
        yield from check("counter", cage.get("<Q", counter), after)
    yield from check("header", cage.get("<I", OTHER), 0x123456)


def marking(cage: Cage) -> Iterator[str]:
    """The collector is told of stores of references while it marks, before them, and of nothing else."""
    for flag in (0, 1):
        cage.put("<Q", layout.control_word("marking"), flag)
        for old in (0x1238, 0x4568):
            for name, kinds, place, arguments in (
                ("field.set.ref", "ref ref", OBJECT + OFFSET, (OBJECT,)),
                ("set.ref", "ref i64 ref", ARRAY + layout.ELEMENTS + 28, (ARRAY, 7)),
            ):
                cage.put("<I", place, old)
                cage.call(name, kinds, "", *arguments, OTHER)
                wanted = (arguments[0], place, old) if flag else (0, 0, 0)
                yield from check(f"told by {name}", cage.told(), wanted)
                yield from check(f"stored by {name}", cage.get("<I", place), OTHER)
                yield from check(f"cards of {name}", cage.cards(), {card(place)})
        cage.call("set.i64", "ref i64 i64", "", ARRAY, 7, 1)
        yield from check("told of a number", cage.told(), (0, 0, 0))


def main() -> None:
    """Print the differences."""
    target = host_target()
    assert target is not None, "no native engine for this machine"
    module = ModuleText()
    module.define(BARRIER)
    define_marked_store(module, image_function("gc.barrier"))
    define_all(module)
    cage = Cage(load(compile_blob(module.finish(target.triple), target)))
    for part in (fields, arrays, headers, marking):
        for text in part(cage):
            print(text)


if __name__ == "__main__":
    main()
