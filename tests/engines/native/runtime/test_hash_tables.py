"""Hash tables: against the reference engine's functions, with good tables, full ones, and such as no library makes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

import pytest

from pvm.engines.native import layout
from pvm.engines.reference.hashing import number_hash, string_hash
from pvm.engines.reference.heap import array_of
from pvm.engines.reference.tables import number_places
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind
from tests.engines.native.runtime.cage import Cage, Outcome
from tests.engines.native.runtime.oracle import expected

MASK = (1 << 64) - 1


@pytest.fixture(scope="module")
def cage() -> Cage:
    """One cage for the module; what a test makes stays until the end."""
    made = Cage()
    made.set_word("seed", 0)
    return made


class Table(NamedTuple):
    """A table as numbers, for both sides."""

    slots: list[int]
    hashes: list[int]
    numbers: list[int]
    texts: list[bytes]


def hash_of(text: bytes) -> int:
    return string_hash(text, 0, lambda: None)


def table(size: int, texts: list[bytes], taken: float, *, by: Callable[[bytes], int] = hash_of) -> Table:
    """A table of texts, or of the numbers of the same indices, of which some were taken out."""
    hashes = [by(text) for text in texts]
    slots = [0] * size
    rng = random.Random(size)
    for index, hash_ in enumerate(hashes):
        at = hash_ & (size - 1)
        while slots[at]:
            at = (at + 1) & (size - 1)
        slots[at] = index + 1
    slots = [-1 if slot and rng.random() < taken else slot for slot in slots]
    return Table(slots, hashes, [len(text) * 7 - 50 for text in texts], texts)


def words(values: list[int], form: str) -> bytes:
    return struct.pack(f"<{len(values)}{form}", *values)


class Sides:
    """The same table in a cage and in the reference engine."""

    def __init__(self, cage: Cage, made: Table) -> None:
        self.cage = cage
        references = [cage.string(text) for text in made.texts]
        self.slots = cage.array(ArrayKind.I32, words(made.slots, "i"))
        self.hashes = cage.array(ArrayKind.I64, words(made.hashes, "q"))
        self.numbers = cage.array(ArrayKind.I64, words(made.numbers, "q"))
        self.texts = cage.array(ArrayKind.REF, words(references, "I"))
        self.model_slots = array_of(ArrayKind.I32, made.slots)
        self.model_hashes = array_of(ArrayKind.I64, made.hashes)
        self.model_numbers = array_of(ArrayKind.I64, made.numbers)
        self.model_texts = array_of(ArrayKind.REF, made.texts)

    def same(self, name: str, mine: tuple[int, ...], models: tuple[object, ...]) -> Outcome:
        """Call both, compare what they leave, the slots too."""
        found = self.cage.call(name, *mine)
        assert found == expected(name, *models), (name, models)
        size = len(self.model_slots.data) * 4
        place = self.slots + layout.ELEMENTS
        assert bytes(self.cage.memory[place : place + size]) == words(list(self.model_slots.data), "i")  # type: ignore[arg-type]
        return found

    def find_text(self, key: bytes) -> Outcome:
        mine = (self.slots, self.hashes, self.texts, self.cage.string(key))
        return self.same("table.find_string", mine, (self.model_slots, self.model_hashes, self.model_texts, key))

    def find_number(self, key: int) -> Outcome:
        mine = (self.slots, self.hashes, self.numbers, key)
        return self.same("table.find_number", mine, (self.model_slots, self.model_hashes, self.model_numbers, key))

    def find_hash(self, hash_: int, start: int) -> Outcome:
        mine = (self.slots, self.hashes, hash_, start)
        return self.same("table.find_hash", mine, (self.model_slots, self.model_hashes, hash_, start))

    def replace(self, hash_: int, old: int, new: int) -> Outcome:
        return self.same("table.replace", (self.slots, hash_, old, new), (self.model_slots, hash_, old, new))

    def fill(self, first: int, end: int) -> Outcome:
        mine = (self.slots, self.hashes, first, end)
        return self.same("table.fill", mine, (self.model_slots, self.model_hashes, first, end))

    def replace_number(self, key: int, old: int, new: int) -> Outcome:
        mine = (self.slots, 0, key, old, new)
        return self.same("table.replace_number", mine, (self.model_slots, 0, key, old, new))

    def fill_numbers(self, first: int, end: int) -> Outcome:
        mine = (self.slots, self.hashes, self.numbers, first, end)
        models = (self.model_slots, self.model_hashes, self.model_numbers, first, end)
        return self.same("table.fill_numbers", mine, models)


def texts(count: int) -> list[bytes]:
    return [b"text %d" % (index * index) for index in range(count)]


def tables() -> Iterator[Table]:
    yield table(1, [], 0)
    yield table(16, [], 0)
    yield table(16, texts(8), 0)
    yield table(16, texts(8), 0.5)
    yield table(256, texts(120), 0.2)
    yield table(8, texts(8), 0)  # full
    yield table(8, texts(8), 1)  # all taken out
    yield table(64, texts(30), 0.3, by=lambda _: 5)  # nothing but collisions
    yield table(64, texts(30), 0.3, by=lambda _: -1)


def test_texts_are_found(cage: Cage) -> None:
    for made in tables():
        sides = Sides(cage, made)
        for index, key in enumerate(made.texts):
            found = sides.find_text(key)
            if index + 1 in made.slots and made.hashes[index] == hash_of(key):
                assert found.value == index
        for key in (b"", b"other", b"text 5", b"x" * 40):
            assert sides.find_text(key).value == -1


def test_texts_with_the_same_hash_are_compared(cage: Cage) -> None:
    key, other = b"0123456789abcdefghijklmnop", b"0123456789abcdefghijklmnoq"
    made = table(16, [other, b"short", other, key], 0, by=lambda _: hash_of(key))
    sides = Sides(cage, made)
    # Its own bytes, those of three that are as long, and three slots.
    assert sides.find_text(key) == Outcome(3, None, 1 + (4 * len(key) + 3 >> 4))
    assert sides.find_text(other).value == -1


def test_what_is_no_text_is_no_key(cage: Cage) -> None:
    key = b"key"
    sides = Sides(cage, table(16, [b"one", b"two", key], 0, by=lambda _: hash_of(key)))
    array = cage.array(ArrayKind.U8, key)
    for index, (reference, model) in enumerate(((0, None), (array, array_of(ArrayKind.U8, key)))):
        cage.store(sides.texts + layout.ELEMENTS + 4 * index, reference)
        sides.model_texts.data[index] = model  # type: ignore[call-overload] # an array of references
    assert sides.find_text(key).value == 2


NUMBERS = [0, 1, -1, (1 << 63) - 1, -(1 << 63), *range(100, 140), *(1 << 40 | each << 7 for each in range(20))]
"""Numbers side by side, far from each other, and such as have all low bits in common."""


def of_numbers(size: int, numbers: list[int]) -> Table:
    """An empty table for numbers; their hashes are not looked at, so there are none."""
    return Table([0] * size, [], numbers, [])


def test_numbers_are_found(cage: Cage) -> None:
    sides = Sides(cage, of_numbers(128, NUMBERS))
    for index, number in enumerate(NUMBERS):
        assert sides.find_number(number).value == -1
        assert sides.replace_number(number, 0, index + 1).trap is None
        if index % 5 == 3:
            assert sides.replace_number(number, index + 1, -1).trap is None
    for index, number in enumerate(NUMBERS):
        assert sides.find_number(number).value == (-1 if index % 5 == 3 else index)
    for number in (7, 99, 140, -100, 1 << 40 | 20 << 7):
        assert sides.find_number(number).value == -1
    assert sides.replace_number(7, 99, 2).trap is TrapKind.INVALID_ARGUMENT


def test_neighbours_are_side_by_side() -> None:
    """So they share lines of the cache, and none of them goes on by its hash, whatever is in the bits above."""
    for base in (0, -32, 1 << 20, 7 << 40, -1 << 50):
        places = [next(iter(number_places(base + each, 255))) for each in range(32)]
        assert sorted(places) == list(range(min(places), min(places) + 32))


def test_a_search_for_a_number_comes_to_every_slot(cage: Cage) -> None:
    for number in NUMBERS:
        places = list(number_places(number, 31))
        assert set(places[1:]) == set(range(32)) == {*range(32), places[0]}
    full = Sides(cage, of_numbers(16, [*range(16)]))
    assert full.fill_numbers(0, 16).value == 16
    assert full.find_number(99) == Outcome(-1, None, 1 + (17 >> 4))
    assert full.replace_number(99, 0, 1).trap is TrapKind.INVALID_ARGUMENT


def test_tables_of_numbers_are_filled(cage: Cage) -> None:
    sides = Sides(cage, of_numbers(256, NUMBERS))
    half = len(NUMBERS) // 2
    assert sides.fill_numbers(0, half).value == half
    assert sides.fill_numbers(half, len(NUMBERS)).value == len(NUMBERS)
    assert [sides.find_number(number).value for number in NUMBERS] == [*range(len(NUMBERS))]
    outside = Outcome(None, TrapKind.INDEX_OUT_OF_BOUNDS, 0)
    for first, end in ((-1, 0), (3, 2), (0, len(NUMBERS) + 1), (-(1 << 63), 1 << 62)):
        assert sides.fill_numbers(first, end) == outside


def test_a_table_of_colliding_numbers_is_filled_in_pieces(cage: Cage) -> None:
    """Numbers that begin at a few slots, whose hashes have all low bits in common, and the same steps."""
    size = 512
    candidates = (number_of(each * size | 9) for each in range(1 << 20))
    numbers = [*islice((each for each in candidates if next(iter(number_places(each, size - 1))) < 8), 300)]
    crowded = Sides(cage, of_numbers(size, numbers))
    at, calls = 0, 0
    while at < 300:
        at, calls = crowded.fill_numbers(at, 300).value, calls + 1
    assert calls > 5, "it returns before all collisions are passed"


def number_of(hash_: int) -> int:
    """The number that has a hash."""
    value = hash_ ^ hash_ >> 32
    value = value * pow(0xC4CEB9FE1A85EC53, -1, 1 << 64) & MASK
    value ^= value >> 29 ^ value >> 58
    value = value * pow(0xFF51AFD7ED558CCD, -1, 1 << 64) & MASK
    value ^= value >> 32
    return value - (1 << 64) if value >> 63 else value


def test_hashes_are_found_one_after_the_other(cage: Cage) -> None:
    for made in tables():
        sides = Sides(cage, made)
        for hash_ in {*made.hashes, 3}:
            found, start = set(), hash_
            while (at := sides.find_hash(hash_, start).value) >= 0 and at not in found:
                found.add(at)
                start = at + 1
            entries = {index for index, known in enumerate(made.hashes) if known == hash_ and index + 1 in made.slots}
            assert {made.slots[at] - 1 for at in found} == entries


def test_slots_are_replaced(cage: Cage) -> None:
    for made in tables():
        sides = Sides(cage, made)
        for index, hash_ in enumerate(made.hashes):
            found = sides.replace(hash_, index + 1, -1)
            assert found.trap == (None if index + 1 in made.slots else TrapKind.INVALID_ARGUMENT)
            sides.replace(hash_, 0, index + 1)


def test_tables_are_filled(cage: Cage) -> None:
    for made in tables():
        sides = Sides(cage, made._replace(slots=[0] * len(made.slots)))
        size = len(made.hashes)
        assert sides.fill(0, size // 2).value == size // 2
        assert sides.fill(size // 2, size).value == size
        assert sides.fill(size, size).value == size
    crowded = table(16384, [], 0)._replace(hashes=[9] * 300)
    sides, at, calls = Sides(cage, crowded), 0, 0
    while at < 300:
        at, calls = sides.fill(at, 300).value, calls + 1
    assert calls > 5, "it returns before all collisions are passed"
    full = Sides(cage, table(8, texts(8), 0))
    assert full.fill(0, 1).trap is TrapKind.INVALID_ARGUMENT


@pytest.mark.parametrize("size", [0, 3, 12])
def test_the_size_must_be_a_power_of_two(cage: Cage, size: int) -> None:
    sides = Sides(cage, Table([0] * size, [1], [1], [b"text"]))
    refused = Outcome(None, TrapKind.INVALID_ARGUMENT, 0)
    assert sides.find_text(b"text") == sides.find_number(1) == sides.find_hash(1, 1) == refused
    assert sides.replace(1, 0, 1) == sides.fill(0, 1) == refused
    assert sides.replace_number(1, 0, 1) == sides.fill_numbers(0, 1) == refused


def test_indices_are_checked(cage: Cage) -> None:
    outside = Outcome(None, TrapKind.INDEX_OUT_OF_BOUNDS, 0)
    key = b"key"
    for slot in (3, (1 << 31) - 1):
        sides = Sides(cage, Table([slot] * 4, [hash_of(key)] * 2, [5, 6], [b"a", b"b"]))
        assert sides.find_text(key) == sides.find_number(1) == sides.find_hash(1, 1) == outside
    # The arrays are not equally long.
    assert Sides(cage, Table([2] * 4, [hash_of(key)] * 2, [5], [b"a"])).find_text(key) == outside
    assert Sides(cage, Table([2] * 4, [1, 2], [5], [])).find_number(6) == outside
    sides = Sides(cage, table(16, texts(8), 0))
    for first, end in ((-1, 0), (3, 2), (0, 9), (9, 9), (-(1 << 63), 1 << 62)):
        assert sides.fill(first, end) == outside


def test_a_search_without_end_stops_when_it_is_interrupted() -> None:
    cage = Cage()
    size = 1 << 30
    slots = cage.new(layout.array_class(ArrayKind.I32), 1 << 26, size)
    hashes = cage.array(ArrayKind.I64, words([1], "q"))
    # The first mebislot is of what was taken out; the look at the word comes behind it.
    place = slots + layout.ELEMENTS
    cage.memory[place : place + (1 << 22) + 4096] = b"\xff" * ((1 << 22) + 4096)
    cage.set_word("interrupt", 1)
    assert hash_of(b"") & (size - 1) == number_hash(0) == 0, "all searches begin at slot 0"
    # That for 0 goes on by steps of 1.
    for name, arguments in (
        ("table.find_string", (slots, hashes, hashes, cage.string(b""))),
        ("table.find_number", (slots, hashes, hashes, 0)),
        ("table.find_hash", (slots, hashes, 0, 0)),
        ("table.replace", (slots, 0, 7, 1)),
        ("table.replace_number", (slots, 0, 0, 7, 1)),
    ):
        cage.set_word("interrupted", 0)
        cage.call(name, *arguments)
        assert cage.word("interrupted") == 1, name
