"""A program's view of a heap, and what the heap should hold: every step is done in a cage and in Python."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from pvm.engines.native import layout
from tests.engines.native.collector.cages import Cage

ROOTS: Final = 12
"""References at GLOBALS."""
FRAME_ROOTS: Final = 4
"""References in each frame: two parameters, two others."""
FRAMES: Final = 3
TASKS: Final = 2
CLASS_COUNT: Final = 40
FUNCTION: Final = layout.METADATA_PROGRAM + 0x1_0000
REFS: Final = layout.METADATA_PROGRAM + 0x2_0000
BYTE_ARRAY: Final = layout.CLASS_ARRAY
WORD_ARRAY: Final = layout.CLASS_ARRAY + 1
REF_ARRAY: Final = layout.CLASS_ARRAY + 2
PAYLOAD: Final = 8
"""Where an object of a guest class has a number, 8 bytes."""
GUEST_REFS: Final = (0, 1, 2, 5)
"""References of the guest classes; behind them 4 bytes that look like references."""
DECOY: Final = layout.HEAP + 8


class OutOfMemory(Exception):
    """The collector says that memory is exhausted."""


@dataclass(eq=False)
class Thing:
    """What an object should be."""

    class_id: int
    refs: list[Thing | None] = field(default_factory=list)
    payload: int = 0
    length: int = 0
    hash: int = 0


class World:
    """A cage and what should be in it.

    Roots are numbered: those at GLOBALS, then those in frames, task by task, from the innermost frame.
    """

    def __init__(
        self,
        cage: Cage,
        *,
        limit: int,
        nursery: int = 1 << 16,
        stress: int = 0,
        check: bool = True,
        eager: bool = False,
    ) -> None:
        self.cage = cage
        self.check = check
        self.collections = 0
        self.slots: list[int] = []
        self._write_metadata()
        self._write_stacks()
        words = {"memory_limit": limit, "nursery_size": nursery, "stress": stress, "root_count": ROOTS}
        for name, value in (words | {"class_count": CLASS_COUNT}).items():
            self.set_word(name, value)
        cage.call("heap.initialize")
        self.eager = eager
        if eager:
            slices = {"work_least": 1000, "work_most": 2000, "weak_slice": 2, "sweep_slice": 1, "move_slice": 300}
            for name, value in (slices | {"trigger": 0, "mark_limit": layout.MARK_STACK + 512}).items():
                self.set_word(name, value)
        self.roots: list[Thing | None] = [None] * len(self.slots)
        self.hashes = 0

    # Memory

    def load(self, address: int) -> int:
        """4 bytes."""
        value: int = struct.unpack_from("<I", self.cage.data, address)[0]
        return value

    def store(self, address: int, value: int) -> None:
        """Set 4 bytes."""
        struct.pack_into("<I", self.cage.data, address, value)

    def load_long(self, address: int) -> int:
        """8 bytes."""
        value: int = struct.unpack_from("<q", self.cage.data, address)[0]
        return value

    def store_long(self, address: int, value: int) -> None:
        """Set 8 bytes."""
        struct.pack_into("<q", self.cage.data, address, value)

    def word(self, name: str) -> int:
        """A control word, or one of the collector's."""
        return self.load_long(self._place(name))

    def set_word(self, name: str, value: int) -> None:
        """Set it."""
        self.store_long(self._place(name), value)

    def _place(self, name: str) -> int:
        return layout.control_word(name) if name in layout.CONTROL_WORDS else layout.collector_word(name)

    # What the host writes

    def _write_metadata(self) -> None:
        kinds: dict[int, tuple[int, int, int, list[int]]] = {
            layout.CLASS_STRING: (layout.KIND_BYTES, 0, 0, []),
            layout.CLASS_WEAK: (layout.KIND_WEAK, layout.WEAK_SIZE, 0, []),
            layout.CLASS_CLOSURE: (layout.KIND_CLOSURE, 16, 0, []),
            BYTE_ARRAY: (layout.KIND_BYTES, 0, 0, []),
            WORD_ARRAY: (layout.KIND_BYTES, 0, 3, []),
            REF_ARRAY: (layout.KIND_REFS, 0, 2, []),
        }
        for index, count in enumerate(GUEST_REFS):
            size = (PAYLOAD + 8 + 4 * count + 4 + 7) & -8
            offsets = [PAYLOAD + 8 + 4 * number for number in range(count)]
            kinds[layout.CLASS_GUEST + index] = (layout.KIND_OBJECT, size, 0, offsets)
        refs = REFS
        for class_id, (kind, size, shift, offsets) in kinds.items():
            descriptor = layout.METADATA_PROGRAM + class_id * layout.CLASS_SIZE
            self.store(descriptor + layout.CLASS_INSTANCE_SIZE, size)
            self.cage.data[descriptor + layout.CLASS_KIND] = kind
            self.cage.data[descriptor + layout.CLASS_ELEMENT_SHIFT] = shift
            self.store(descriptor + layout.CLASS_REF_COUNT, len(offsets))
            self.store(descriptor + layout.CLASS_REFS, refs)
            for offset in offsets:
                self.store(refs, offset)
                refs += 4
        struct.pack_into("<HH", self.cage.data, FUNCTION + layout.FUNCTION_REF_PARAMS, 2, 3)
        self.store(FUNCTION + layout.FUNCTION_REFS, 2)

    def _write_stacks(self) -> None:
        self.slots = [layout.GLOBALS + 8 * index for index in range(ROOTS)]
        following = 0
        frame_size = layout.FRAME_HEADER + 8 * 6
        for task in range(TASKS):
            record = layout.STACKS + task * 0x1_0000
            base = record + layout.TASK_SIZE
            for number in range(FRAMES):
                frame = base + number * frame_size
                self.store(frame + layout.FRAME_DELTA, frame_size if number else 0)
                self.store(frame + layout.FRAME_FUNCTION, FUNCTION)
                slots = frame + layout.FRAME_HEADER
                self.store_long(slots + 16, DECOY)
                self.store_long(slots + 40, DECOY)
                self.slots += [slots, slots + 8, slots + 24, slots + 32]
                self.store(record + layout.TASK_BASE, frame)
            self.store(record + layout.TASK_ALL_NEXT, following)
            self.slots += [record + layout.TASK_ENTRY, record + layout.TASK_ERROR]
            following = record
        self.set_word("tasks_first", following)

    # Steps of a program

    def collect(self, need: int = 0) -> None:
        """Collect until the collector is content."""
        while True:
            status = self.cage.call("gc.collect", need)
            self.collections += 1
            if self.eager:
                self.set_word("trigger", 0)
            if self.check:
                self.assert_sane()
            if status == layout.COLLECT_DONE:
                return
            if status == layout.COLLECT_EXHAUSTED:
                raise OutOfMemory
            assert status == layout.COLLECT_AGAIN

    def allocate(self, size: int, class_id: int) -> int:
        """Allocate as an interpreter does."""
        while True:
            top = self.word("nursery_top")
            if top + size <= self.word("nursery_limit"):
                self.set_word("nursery_top", top + size)
                self.store_long(top, class_id)
                return top
            address = self.cage.call("heap.allocate", size, class_id)
            if address:
                return address
            assert self.word("need") == size
            self.collect(size)

    def new_object(self, root: int, index: int, payload: int) -> None:
        """Make an object of a guest class that refers to what some roots refer to, and let a root refer to it."""
        count = GUEST_REFS[index]
        size = self.load(self._descriptor(layout.CLASS_GUEST + index))
        address = self.allocate(size, layout.CLASS_GUEST + index)
        assert not any(self.cage.data[address + 8 : address + size]), "memory is not clear"
        self.store_long(address + PAYLOAD, payload)
        sources = [(root + number) % len(self.roots) for number in range(count)]
        for number, source in enumerate(sources):
            self.store(address + PAYLOAD + 8 + 4 * number, self.load(self.slots[source]))
        thing = Thing(layout.CLASS_GUEST + index, [self.roots[source] for source in sources], payload)
        self.store(address + PAYLOAD + 8 + 4 * count, DECOY)
        self._set_root(root, address, thing)

    def new_closure(self, root: int, captured: int, payload: int) -> None:
        """Make a function value."""
        address = self.allocate(16, layout.CLASS_CLOSURE)
        self.store(address + layout.CLOSURE_FUNCTION, payload)
        self.store(address + layout.CLOSURE_ENVIRONMENT, self.load(self.slots[captured]))
        self._set_root(root, address, Thing(layout.CLASS_CLOSURE, [self.roots[captured]], payload))

    def new_array(self, root: int, class_id: int, length: int) -> None:
        """Make an array of zeros or nulls; one of bytes is filled."""
        shift = self.cage.data[self._descriptor(class_id) + layout.CLASS_ELEMENT_SHIFT]
        size = (layout.ELEMENTS + (length << shift) + 7) & -8
        address = self.allocate(size, class_id)
        assert not any(self.cage.data[address + 8 : address + size]), "memory is not clear"
        self.store(address + layout.LENGTH, length)
        thing = Thing(class_id, length=length)
        if class_id == REF_ARRAY:
            thing.refs = [None] * length
        elif class_id == BYTE_ARRAY:
            self.cage.data[address + layout.ELEMENTS : address + layout.ELEMENTS + length] = b"\x40" * length
        self._set_root(root, address, thing)

    def new_weak(self, root: int, referent: int) -> None:
        """Make a weak reference to what a root refers to."""
        while not (address := self.cage.call("weak.new", self.load(self.slots[referent]))):
            self.collect(self.word("need"))
        self._set_root(root, address, Thing(layout.CLASS_WEAK, [self.roots[referent]]))

    def read_weak(self, root: int, weak: int) -> bool:
        """Let a root refer to what a weak reference refers to, unless it is gone."""
        thing = self.roots[weak]
        assert thing is not None
        address = self.cage.call("weak.get", self.load(self.slots[weak]))
        found = thing.refs[0] if address else None
        self._set_root(root, address, found)
        return address != 0

    def copy_root(self, root: int, source: int) -> None:
        """Let a root refer to what another refers to."""
        self._set_root(root, self.load(self.slots[source]), self.roots[source])

    def clear_root(self, root: int) -> None:
        """Let a root refer to nothing."""
        self._set_root(root, 0, None)

    def read(self, root: int, source: int, index: int) -> None:
        """Let a root refer to what a reference of an object refers to."""
        thing = self.roots[source]
        assert thing is not None
        place = self._reference(thing, self.load(self.slots[source]), index)
        self._set_root(root, self.load(place), thing.refs[index])

    def write(self, root: int, index: int, value: int) -> None:
        """Store what a root refers to into an object, with the barrier."""
        thing = self.roots[root]
        assert thing is not None
        address = self.load(self.slots[root])
        place = self._reference(thing, address, index)
        if self.word("marking"):
            self.cage.call("gc.barrier", address, place)
        self.store(place, self.load(self.slots[value]))
        self.cage.data[layout.CARDS + (place >> layout.CARD_SHIFT)] = 1
        thing.refs[index] = self.roots[value]

    def fill(self, root: int, start: int, count: int, value: int) -> None:
        """Store what a root refers to into a range of an array, with the barrier."""
        thing = self.roots[root]
        assert thing is not None
        address = self.load(self.slots[root])
        place = self._reference(thing, address, start)
        if self.word("marking"):
            self.cage.call("gc.barrierRange", address, place, count)
        for index in range(start, start + count):
            place = self._reference(thing, address, index)
            self.store(place, self.load(self.slots[value]))
            self.cage.data[layout.CARDS + (place >> layout.CARD_SHIFT)] = 1
            thing.refs[index] = self.roots[value]

    def ask_hash(self, root: int) -> None:
        """Give an object an identity hash."""
        thing = self.roots[root]
        assert thing is not None
        if thing.hash == 0:
            self.hashes += 1
            thing.hash = self.hashes
            self.store(self.load(self.slots[root]) + 4, thing.hash)

    def _descriptor(self, class_id: int) -> int:
        return layout.METADATA_PROGRAM + class_id * layout.CLASS_SIZE

    def _reference(self, thing: Thing, address: int, index: int) -> int:
        if thing.class_id == layout.CLASS_CLOSURE:
            return address + layout.CLOSURE_ENVIRONMENT
        return address + (layout.ELEMENTS if thing.class_id == REF_ARRAY else PAYLOAD + 8) + 4 * index

    def _set_root(self, root: int, address: int, thing: Thing | None) -> None:
        self.store(self.slots[root], address)
        self.roots[root] = thing

    # Comparison

    def assert_sane(self) -> None:
        """The collector's own checker finds nothing."""
        code = self.cage.call("gc.check")
        assert code == 0, f"gc.check found {code} at {self.word('check_address'):#x}"

    def compare(self) -> int:
        """Compare everything that is reachable; the number of objects."""
        addresses: dict[Thing, int] = {}
        things: dict[int, Thing] = {}
        pending = [(self.load(slot), thing) for slot, thing in zip(self.slots, self.roots, strict=True)]
        while pending:
            address, thing = pending.pop()
            if thing is None:
                assert address == 0
                continue
            if thing in addresses:
                assert addresses[thing] == address
                continue
            assert address not in things, "two objects at one place"
            addresses[thing] = address
            things[address] = thing
            pending += self._compare_object(address, thing)
        return len(things)

    def _compare_object(self, address: int, thing: Thing) -> list[tuple[int, Thing | None]]:
        header = self.load_long(address)
        assert header & 0xFFFFFFFF == thing.class_id, f"{header:#x} at {address:#x}"
        assert header >> 32 == thing.hash
        if thing.class_id == layout.CLASS_WEAK:
            return []
        if thing.class_id >= layout.CLASS_GUEST:
            assert self.load_long(address + PAYLOAD) == thing.payload
            assert self.load(address + PAYLOAD + 8 + 4 * len(thing.refs)) == DECOY
        elif thing.class_id == layout.CLASS_CLOSURE:
            assert self.load(address + layout.CLOSURE_FUNCTION) == thing.payload
        else:
            assert self.load(address + layout.LENGTH) == thing.length
            if thing.class_id == BYTE_ARRAY:
                first = address + layout.ELEMENTS
                assert self.cage.data[first : first + thing.length] == b"\x40" * thing.length
        return [(self.load(self._reference(thing, address, index)), ref) for index, ref in enumerate(thing.refs)]
