"""Guest objects as the host sees them: it reads and makes strings and arrays, and keeps references by handles.

An address is good until the next allocation, since objects move.  What has to last longer is in a *handle*, a root
behind those of the program.  ``Reference`` is what embedders get for an object: a handle that is given back with it.
"""

from __future__ import annotations

from pvm.engines.native import layout
from pvm.engines.native.cage import Cage
from pvm.engines.native.interpreter.host import HostFunctions
from pvm.engines.native.program import Program
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_RANGES = 1024
"""Ranges of addresses that are given back at a time: as many as the scratch area has room for."""
RESERVE = 16 << 20
"""Bytes beyond the limit that exceptions of a full heap are made of: more than twice a nursery, by which a program may
be over the limit, and which must be free when it goes on."""
_HOLE_BYTES = layout.collector_word("hole_bytes")
_NURSERY_END = layout.collector_word("nursery_end")
_MOVING = layout.collector_word("moving")
_TRIES = 4
"""Signals that may come while the collector says what can be given back."""
_PIECE = 16 << 20
"""Bytes that are given back at once: about a millisecond."""


class HeapFull(Exception):
    """There is no memory left for an allocation by the host; the engine makes a trap of it."""


class Reference:
    """An object of one instance, opaque to Python.  Two are equal if they are the same object."""

    __slots__ = ("_handle", "_heap")

    def __init__(self, heap: GuestHeap, handle: int) -> None:
        self._heap = heap
        self._handle = handle

    def address_in(self, heap: GuestHeap) -> int | None:
        """Where the object is now; None if it belongs to another instance."""
        return heap.resolve(self._handle) if heap is self._heap else None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Reference):
            return NotImplemented
        return self._heap is other._heap and self.address_in(self._heap) == other.address_in(self._heap)

    def __hash__(self) -> int:
        return self._heap.identity_hash(self._heap.resolve(self._handle))

    def __del__(self) -> None:
        self._heap.release(self._handle)

    def __repr__(self) -> str:
        return f"<pvm reference to {self._heap.class_name(self._heap.resolve(self._handle))}>"


class Reserve:
    """Bytes beyond the memory limit, for a while; what is left of them then is not for the guest."""

    __slots__ = ("_cage", "_collections", "_limit")

    def __init__(self, cage: Cage) -> None:
        self._cage = cage
        self._limit = cage.word("memory_limit")
        self._collections = cage.word("collector_slices")

    def __enter__(self) -> None:
        self._cage.set_word("memory_limit", self._limit + RESERVE)

    def __exit__(self, *exception: object) -> None:
        cage = self._cage
        cage.set_word("memory_limit", self._limit)
        if cage.word("collector_slices") != self._collections:
            # The nursery was measured by the higher limit.
            left = max(self._limit - cage.word("in_use") + cage.i64(_HOLE_BYTES), 0) & -8
            end = min(cage.i64(_NURSERY_END), max(cage.word("nursery_top"), layout.HEAP + left))
            cage.set_i64(_NURSERY_END, end)
            cage.set_word("nursery_limit", min(cage.word("nursery_limit"), end))


class GuestHeap:
    """The heap of one instance."""

    def __init__(self, program: Program, cage: Cage, native: HostFunctions, look: Callable[[], None]) -> None:
        """``look`` looks at the clock while something takes long, and may raise."""
        self.cage = cage
        self._look = look
        self._program = program
        self._native = native
        self._first = layout.GLOBALS + 8 * program.linked.words["root_count"]
        self._count = 0
        self._free: list[int] = []
        self._closed = False
        self.is_torn = False
        """Whether it was interrupted where the collector and the host disagree about what is free."""
        self.is_moving = False
        """Whether a collection of the nursery was interrupted: objects are not where references say."""
        self.releasing: list[tuple[int, int]] = []
        """What the collector has let go and the system does not have yet, address and size: it has to read as zeros
        before anything is allocated."""

    # Allocation

    def allocate(self, size: int, header: int) -> int:
        """An object of ``size`` bytes, rounded up here, zeroed behind its header; may move everything.

        Raises:
            HeapFull: the memory limit is reached.
        """
        if self.releasing:
            self.give_back()
        size = (size + 7) & -8
        allocate = self._native.heap_allocate
        address = int(allocate(size, header))
        while not address:
            self.collect(self.cage.word("need"))
            address = int(allocate(size, header))
        return address

    def collect(self, need: int) -> None:
        """Make room for ``need`` bytes; the machine looks at the clock between slices.

        Raises:
            HeapFull: there is none.
            Exhaustion: time is up.
        """
        self._show_frames()
        self.cage.set_word("need", 0)
        status = layout.COLLECT_AGAIN
        self.is_moving = True
        while status == layout.COLLECT_AGAIN:
            status = self._native.gc_collect(need)
            self.give_back()
            self._look()
        self.is_moving = False
        if status != layout.COLLECT_DONE:
            raise HeapFull

    def _show_frames(self) -> None:
        """Tell the collector where the frames of the task are that runs."""
        record = self.cage.word("current")
        if record:
            self.cage.set_u32(record + layout.TASK_BASE, self.cage.word("base"))

    def note_moving(self) -> None:
        """Note whether the program has ended in the middle of a collection of the nursery."""
        self.is_moving = self.cage.i64(_MOVING) != 0

    def finish_moving(self) -> None:
        """Finish such a collection, if there is one."""
        self._show_frames()
        while self.cage.i64(_MOVING):
            self._native.gc_collect(0)
        self.is_moving = False

    def give_back(self) -> None:
        """Let the system have the memory that the collector does not need.

        Between pieces it looks at the clock, which may raise, as the handler of a signal may.  Then the rest is given
        back before the heap is used again.
        """
        while self.releasing or self.cage.word("releasable"):
            if not self.releasing:
                self._take_ranges()
            while self.releasing:
                address, size = self.releasing[-1]
                piece = min(size, _PIECE)
                self.cage.discard(address + size - piece, piece)
                self.releasing[-1] = (address, size - piece)
                if size == piece:
                    self.releasing.pop()
                self._look()

    def _take_ranges(self) -> None:
        """Ask the collector what can be given back."""
        self.cage.view(layout.SCRATCH, 16 * _RANGES)[:] = bytes(16 * _RANGES)
        self.is_torn = True
        raised: BaseException | None = None
        try:
            self._native.heap_release(layout.SCRATCH, _RANGES)
        except BaseException as error:  # noqa: BLE001 - of a signal's handler: it is raised below
            raised = error
        # The collector takes it for granted that there are zeros: a signal waits until it is known where.
        for _ in range(_TRIES):
            try:
                self.releasing = list(self._listed())
                self.is_torn = False
                break
            except BaseException as error:  # noqa: BLE001 - as above
                raised = error
        if raised is not None:
            raise raised

    def _listed(self) -> Iterator[tuple[int, int]]:
        for place in range(layout.SCRATCH, layout.SCRATCH + 16 * _RANGES, 16):
            size = self.cage.u64(place + 8)
            if not size:
                return
            yield self.cage.u64(place), size

    def reserve(self) -> Reserve:
        """Allow some bytes more inside of ``with``, to report that there are none."""
        return Reserve(self.cage)

    def new_string(self, data: bytes) -> int:
        """A string of UTF-8 bytes."""
        return self.new_bytes(layout.CLASS_STRING, data, len(data))

    def new_bytes(self, class_id: int, data: bytes, length: int) -> int:
        """A string or an array: its class, what is behind its length, how many elements that are."""
        address = self.allocate(layout.ELEMENTS + len(data), class_id)
        self.cage.set_u32(address + layout.LENGTH, length)
        start = address + layout.ELEMENTS
        self.cage.view(start, len(data))[:] = data
        return address

    # Reading

    def class_id(self, address: int) -> int:
        """The class id of an object."""
        return self.cage.u32(address) & layout.CLASS_MASK

    def class_name(self, address: int) -> str:
        """What an object is, for people."""
        number = self.class_id(address)
        if number >= layout.CLASS_GUEST:
            return self._program.class_name(number)
        if number >= layout.CLASS_ARRAY:
            from pvm.isa.types import ArrayKind

            return f"array {ArrayKind(number - layout.CLASS_ARRAY)}"
        return {layout.CLASS_STRING: "string", layout.CLASS_TASK: "task"}.get(number, "func")

    def is_string(self, address: int) -> bool:
        """Whether an object is a string."""
        return self.class_id(address) == layout.CLASS_STRING

    def length(self, address: int) -> int:
        """Bytes of a string, elements of an array."""
        return self.cage.u32(address + layout.LENGTH)

    def text(self, address: int) -> bytes:
        """The bytes of a string."""
        return self.cage.bytes_at(address + layout.ELEMENTS, self.length(address))

    def span(self, address: int, start: int, count: int) -> memoryview | None:
        """Bytes of an array in place; None if the range does not fit."""
        length = self.length(address)
        if not (0 <= start <= length and 0 <= count <= length - start):
            return None
        return self.cage.view(address + layout.ELEMENTS + start, count)

    def identity_hash(self, address: int) -> int:
        """The number that ``ref.identity_hash`` gives."""
        place = address + layout.HASH_SHIFT // 8
        known = self.cage.u32(place)
        if not known:
            known = self.cage.word("hash_counter") + 1
            self.cage.set_word("hash_counter", 0 if known == 0xFFFFFFFF else known)
            self.cage.set_u32(place, known)
        return known - 1

    def barrier(self, obj: int, place: int) -> None:
        """Tell the collector, if it is marking, that the host is about to store a reference."""
        if self.cage.word("marking"):
            self._native.gc_barrier(obj, place)

    # Handles

    def keep(self, address: int) -> int:
        """A handle of an object."""
        if self._free:
            handle = self._free.pop()
        else:
            handle = self._count
            if self._program.linked.words["root_count"] + handle >= self._program.linked.max_roots:
                raise HeapFull
            self._count += 1
            self.cage.set_word("root_count", self._program.linked.words["root_count"] + self._count)
        self.cage.set_u64(self._first + 8 * handle, address)
        return handle

    def resolve(self, handle: int) -> int:
        """Where the object of a handle is now."""
        if self.is_moving:
            self.finish_moving()
        return self.cage.u32(self._first + 8 * handle) if not self._closed else 0

    def release(self, handle: int) -> None:
        """Give a handle back."""
        if not self._closed:
            self.cage.set_u64(self._first + 8 * handle, 0)
            self._free.append(handle)

    def close(self) -> None:
        """The cage is about to be given back."""
        self._closed = True
