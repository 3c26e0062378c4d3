"""The functions of the runtime image on hash tables, in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Protocol

from pvm.engines.reference.hashing import number_hash, string_hash
from pvm.engines.reference.heap import Array
from pvm.isa.traps import TrapKind

_FILL_STEPS = 4096
_CHUNK = 1 << 20


class Services(Protocol):
    """What the functions need of the machine."""

    seed: int

    def charge(self, units: int) -> None: ...
    def trap(self, kind: int) -> BaseException: ...
    def account(self, size: int) -> None: ...
    def account_string(self, length: int) -> None: ...
    def poll_time(self) -> None: ...
    def trace_text(self, trace: Array) -> str: ...


class TableFunctions(ABC):
    """Those functions, bound to one machine."""

    machine: Services

    @abstractmethod
    def _charge(self, size: int = 0) -> None: ...

    def table_find_i64(self, slots: Array, hashes: Array, keys: Array, key: int) -> int:
        passed, found = 0, -1
        for passed, slot in self._search(slots, number_hash(key)):  # noqa: B007 - how many there were is needed behind
            if slot > 0:
                self._entry(slot, hashes)
                if self._entry(slot, keys) == key:
                    found = slot - 1
                    break
        self._charge(passed)
        return found

    def table_find_string(self, slots: Array, hashes: Array, keys: Array, key: bytes) -> int:
        wanted = string_hash(key, self.machine.seed, self.machine.poll_time)
        passed, found, compared = 0, -1, 0
        for passed, slot in self._search(slots, wanted):  # noqa: B007 - as above
            if slot <= 0 or self._entry(slot, hashes) != wanted:
                continue
            other = self._entry(slot, keys)
            if not isinstance(other, bytes) or len(other) != len(key):
                continue
            compared += len(key)
            if other == key:
                found = slot - 1
                break
        self._charge(len(key) + passed + compared)
        return found

    def table_find_hash(self, slots: Array, hashes: Array, hash_: int, start: int) -> int:
        passed, found = 0, -1
        for passed, slot in self._search(slots, start):
            if slot > 0 and self._entry(slot, hashes) == hash_:
                found = (start + passed) & (len(slots.data) - 1)
                break
        self._charge(passed)
        return found

    def table_replace(self, slots: Array, hash_: int, old: int, new: int) -> None:
        place = self._place(slots, hash_, old)
        if place < 0:
            raise self.machine.trap(TrapKind.INVALID_ARGUMENT)
        self._charge(place)
        slots.data[(hash_ + place) & (len(slots.data) - 1)] = new

    def table_fill(self, slots: Array, hashes: Array, first: int, end: int) -> int:
        self._check(0 <= first <= end <= len(hashes.data), TrapKind.INDEX_OUT_OF_BOUNDS)
        self._mask(slots)
        index, steps = first, 0
        while index < end and steps < _FILL_STEPS:
            hash_ = hashes.data[index]
            assert isinstance(hash_, int)
            place = self._place(slots, hash_, 0)
            if place < 0 or (index > first and place >= _FILL_STEPS):
                break
            slots.data[(hash_ + place) & (len(slots.data) - 1)] = index + 1
            steps += place
            index += 1
        self._check(index > first or index == end, TrapKind.INVALID_ARGUMENT)
        self._charge(index - first + steps)
        return index

    def _check(self, holds: bool, kind: TrapKind) -> None:
        if not holds:
            raise self.machine.trap(kind)

    def _mask(self, slots: Array) -> int:
        size = len(slots.data)
        self._check(size > 0 and size & (size - 1) == 0, TrapKind.INVALID_ARGUMENT)
        return size - 1

    def _entry(self, slot: int, array: Array) -> object:
        self._check(slot <= len(array.data), TrapKind.INDEX_OUT_OF_BOUNDS)
        return array.data[slot - 1]

    def _search(self, slots: Array, start: int) -> Iterator[tuple[int, int]]:
        """How many slots were passed, and the next one, up to one that is 0, that one included."""
        mask = self._mask(slots)
        for passed in range(mask + 1):
            slot = slots.data[(start + passed) & mask]
            assert isinstance(slot, int)
            yield passed, slot
            if slot == 0:
                return
            if passed & (_CHUNK - 1) == _CHUNK - 1:
                self.machine.poll_time()
        yield mask + 1, 0

    def _place(self, slots: Array, start: int, wanted: int) -> int:
        """How many slots are passed from a hash to the first with a value; -1 if there is none."""
        mask = self._mask(slots)
        for passed in range(mask + 1):
            if slots.data[(start + passed) & mask] == wanted:
                return passed
            if passed & (_CHUNK - 1) == _CHUNK - 1:
                self.machine.poll_time()
        return -1
