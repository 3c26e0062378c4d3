"""The functions of the runtime image on hash tables, in Python."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

from pvm.engines.reference.hashing import number_hash, string_hash
from pvm.engines.reference.heap import Array
from pvm.isa.traps import TrapKind

_FILL_STEPS = 4096
_CHUNK = 1 << 20
_WORD = (1 << 64) - 1


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

    def table_find_number(self, slots: Array, hashes: Array, keys: Array, key: int) -> int:
        passed, found = 0, -1
        places = number_places(key, self._mask(slots))
        for passed, slot in self._search(slots, places):  # noqa: B007 - how many there were is needed behind
            if slot > 0 and self._entry(slot, keys) == key:
                found = slot - 1
                break
        self._charge(passed)
        return found

    def table_find_string(self, slots: Array, hashes: Array, keys: Array, key: bytes) -> int:
        wanted = string_hash(key, self.machine.seed, self.machine.poll_time)
        passed, found, compared = 0, -1, 0
        for passed, slot in self._search(slots, _places(wanted, self._mask(slots))):  # noqa: B007 - as above
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
        for passed, slot in self._search(slots, _places(start, self._mask(slots))):
            if slot > 0 and self._entry(slot, hashes) == hash_:
                found = (start + passed) & (len(slots.data) - 1)
                break
        self._charge(passed)
        return found

    def table_replace(self, slots: Array, hash_: int, old: int, new: int) -> None:
        self._replace(slots, _places(hash_, self._mask(slots)), old, new)

    def table_replace_number(self, slots: Array, hash_: int, key: int, old: int, new: int) -> None:
        self._replace(slots, number_places(key, self._mask(slots)), old, new)

    def _replace(self, slots: Array, places: Iterable[int], old: int, new: int) -> None:
        passed, place = self._first(slots, places, old)
        self._check(passed >= 0, TrapKind.INVALID_ARGUMENT)
        self._charge(passed)
        slots.data[place] = new

    def table_fill(self, slots: Array, hashes: Array, first: int, end: int) -> int:
        return self._fill(slots, hashes, first, end, _places)

    def table_fill_numbers(self, slots: Array, hashes: Array, keys: Array, first: int, end: int) -> int:
        return self._fill(slots, keys, first, end, number_places)

    def _fill(
        self, slots: Array, source: Array, first: int, end: int, places: Callable[[int, int], Iterable[int]]
    ) -> int:
        self._check(0 <= first <= end <= len(source.data), TrapKind.INDEX_OUT_OF_BOUNDS)
        mask = self._mask(slots)
        index, steps = first, 0
        while index < end and steps < _FILL_STEPS:
            value = source.data[index]
            assert isinstance(value, int)
            passed, place = self._first(slots, places(value, mask), 0)
            if passed < 0 or (index > first and passed >= _FILL_STEPS):
                break
            slots.data[place] = index + 1
            steps += passed
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

    def _search(self, slots: Array, places: Iterable[int]) -> Iterator[tuple[int, int]]:
        """How many slots were passed, and the next one, up to one that is 0, that one included."""
        passed = 0
        for place in places:
            slot = slots.data[place]
            assert isinstance(slot, int)
            yield passed, slot
            if slot == 0:
                return
            passed += 1
            if passed % _CHUNK == 0:
                self.machine.poll_time()
        yield passed, 0

    def _first(self, slots: Array, places: Iterable[int], wanted: int) -> tuple[int, int]:
        """How many slots are passed before the first with a value, and its place; -1 if there is none."""
        for passed, place in enumerate(places):
            if slots.data[place] == wanted:
                return passed, place
            if passed % _CHUNK == _CHUNK - 1:
                self.machine.poll_time()
        return -1, -1


def _places(hash_: int, mask: int) -> Iterable[int]:
    """The slots that a search comes to, by a hash."""
    return ((hash_ + passed) & mask for passed in range(mask + 1))


def number_places(number: int, mask: int) -> Iterable[int]:
    """The slots that a search for a number comes to: first one near those of its neighbours, then by its hash."""
    high = (number & _WORD) >> mask.bit_length()
    yield (number ^ (high * 0x9E3779B97F4A7C15 & _WORD) >> 32) & mask
    hash_ = number_hash(number) & _WORD
    step = hash_ >> 32 | 1
    for passed in range(mask + 1):
        yield (hash_ + passed * step) & mask
