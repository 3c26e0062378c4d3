"""Ranges of array elements: against Python's slices."""

from __future__ import annotations

import random

import pytest

from pvm.engines.native import layout
from pvm.isa.types import ARRAY_STORAGE, ArrayKind
from tests.engines.native.runtime.cage import Cage

CHUNK = 1 << 20
BARRIER_LOG = 0x0F00_0000


@pytest.fixture
def cage() -> Cage:
    """A cage with clean cards."""
    return Cage()


def elements(cage: Cage, array: int, size: int) -> bytes:
    """Bytes of the elements, with those of the 8 bytes behind them."""
    return bytes(cage.memory[array + layout.ELEMENTS : array + layout.ELEMENTS + size + 8])


def dirty_cards(cage: Cage) -> set[int]:
    """Cards of the first MiB of the heap that are dirty."""
    first = layout.HEAP >> layout.CARD_SHIFT
    flags = cage.memory[layout.CARDS + first : layout.CARDS + first + (1 << 20 >> layout.CARD_SHIFT)]
    assert set(flags) <= {0, 1}
    return {first + number for number, flag in enumerate(flags) if flag}


def logged_barriers(cage: Cage) -> list[tuple[int, int, int]]:
    """What the barrier was told."""
    return [
        (
            cage.load(BARRIER_LOG + 8 + number * 24, "<q"),
            cage.load(BARRIER_LOG + 16 + number * 24, "<q"),
            cage.load(BARRIER_LOG + 24 + number * 24, "<q"),
        )
        for number in range(cage.load(BARRIER_LOG, "<q"))
    ]


@pytest.mark.parametrize("kind", [ArrayKind.U8, ArrayKind.I16, ArrayKind.F32, ArrayKind.I64])
def test_copies_between_arrays_and_within_one(cage: Cage, kind: ArrayKind) -> None:
    rng = random.Random(1)
    size = ARRAY_STORAGE[kind].size
    shift = size.bit_length() - 1
    for _ in range(150):
        model = bytearray(rng.randbytes(40 * size) + bytes(8))
        other = rng.randbytes(40 * size) + bytes(8)
        source, to = cage.array(kind, other[:-8]), cage.array(kind, bytes(model[:-8]))
        is_within = rng.random() < 0.6
        at, start, count = rng.randrange(20), rng.randrange(20), rng.randrange(21)
        cage.raw("array.copy", to, at, to if is_within else source, start, count, shift)
        piece = bytes(model if is_within else other)[start * size : (start + count) * size]
        model[at * size : (at + count) * size] = piece
        assert elements(cage, to, 40 * size) == model
    assert dirty_cards(cage) == set()


@pytest.mark.parametrize("distance", [1, -1, 5000, -5000, CHUNK, -CHUNK, CHUNK + 3, -CHUNK - 3])
def test_long_copies_within_an_array(cage: Cage, distance: int) -> None:
    data = random.Random(2).randbytes(4 * CHUNK)
    array = cage.array(ArrayKind.U8, data)
    start, at = (0, distance) if distance > 0 else (-distance, 0)
    count = 4 * CHUNK - abs(distance)
    cage.raw("array.copy", array, at, array, start, count, 0)
    wanted = bytearray(data)
    wanted[at : at + count] = data[start : start + count]
    assert elements(cage, array, len(data)) == bytes(wanted) + bytes(8)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (ArrayKind.U8, 0x1AB),
        (ArrayKind.I16, -2),
        (ArrayKind.U16, 0x1234),
        (ArrayKind.I32, 0x12345678),
        (ArrayKind.I32, -1),
        (ArrayKind.I64, 0x0123456789ABCDEF),
        (ArrayKind.F64, 0),
    ],
)
def test_fills(cage: Cage, kind: ArrayKind, value: int) -> None:
    size = ARRAY_STORAGE[kind].size
    shift = size.bit_length() - 1
    one = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    for start in range(4):
        for count in range(20):
            data = bytes(range(1, 1 + 24 * size)) if size < 8 else bytes(range(192))
            array = cage.array(kind, data)
            cage.raw("array.fill", array, start, count, value, shift)
            wanted = data[: start * size] + one * count + data[(start + count) * size :]
            assert elements(cage, array, len(data)) == wanted + bytes(8)
    long = cage.array(kind, bytes(2 * CHUNK + 3 * size))
    cage.raw("array.fill", long, 1, 2 * CHUNK // size + 1, value, shift)
    assert elements(cage, long, 2 * CHUNK + 3 * size) == bytes(size) + one * (2 * CHUNK // size + 1) + bytes(size + 8)


def test_stores_of_references_make_their_cards_dirty(cage: Cage) -> None:
    data = bytes(range(256)) * 16
    to, source = cage.array(ArrayKind.REF, data), cage.array(ArrayKind.REF, data[::-1])
    cage.raw("array.copyReferences", to, 200, source, 300, 400)
    assert elements(cage, to, 4088) == data[:800] + data[::-1][1200:2800] + data[2400:]
    first = to + layout.ELEMENTS + 800
    assert dirty_cards(cage) == set(range(first >> 9, (first + 1599 >> 9) + 1))
    cage.raw("array.copyReferences", source, 0, to, 0, 0)
    cage.raw("array.fillReferences", source, 0, 1000, 0)
    assert dirty_cards(cage) == set(range(first >> 9, (first + 1599 >> 9) + 1)), "null needs no card"
    cage.raw("array.fillReferences", source, 1023, 1, to)
    last = source + layout.ELEMENTS + 4092
    assert last >> 9 in dirty_cards(cage)
    assert elements(cage, source, 4096)[4088:4096] == data[::-1][4088:4092] + to.to_bytes(4, "little")
    assert logged_barriers(cage) == []


def test_the_barrier_is_told_what_is_overwritten_while_marking_runs(cage: Cage) -> None:
    count = CHUNK + 10
    array = cage.array(ArrayKind.REF, bytes(count * 4 + 400))
    field = array + layout.ELEMENTS + 40
    cage.set_word("marking", 1)
    cage.raw("array.copyReferences", array, 10, array, 5, count)
    # Backwards, a MiB at a time.
    first, last = count * 4 % CHUNK, [field + count * 4 - CHUNK * number for number in range(1, 5)]
    pieces = [*((array, place, CHUNK // 4) for place in last), (array, field, first // 4)]
    assert logged_barriers(cage) == pieces
    cage.raw("array.fillReferences", array, 10, 3, 0)
    assert logged_barriers(cage) == [*pieces, (array, field, 3)]


def test_long_work_stops_when_it_is_interrupted(cage: Cage) -> None:
    size = (1 << 31) - 1
    array = cage.new(layout.array_class(ArrayKind.I64), 0, size)
    cage.set_word("interrupt", 1)
    calls = ((array, 0, array, 1, size - 1, 0), (array, 1, array, 0, size - 1, 0))
    for name, arguments in (*(("array.copy", each) for each in calls), ("array.fill", (array, 0, 1 << 28, 0x123, 3))):
        cage.set_word("interrupted", 0)
        cage.raw(name, *arguments)
        assert cage.word("interrupted") == 1


@pytest.mark.parametrize("distance", [7, -7])
def test_an_interrupted_copy_goes_on_where_it_stopped(cage: Cage, distance: int) -> None:
    data = random.Random(3).randbytes(3 * CHUNK)
    array = cage.array(ArrayKind.U8, data)
    start, at = (0, distance) if distance > 0 else (-distance, 0)
    count = len(data) - abs(distance)
    done = 2 * CHUNK
    cage.set_word("progress", done)
    cage.set_word("interrupt", 1)
    cage.raw("array.copy", array, at, array, start, count, 0)
    assert (cage.word("interrupted"), cage.word("progress")) == (1, done)
    cage.set_word("interrupt", 0)
    cage.raw("array.copy", array, at, array, start, count, 0)
    assert cage.word("progress") == 0
    left = slice(0, count - done) if distance > 0 else slice(done, count)
    wanted = bytearray(data)
    wanted[at + left.start : at + left.stop] = data[start + left.start : start + left.stop]
    assert elements(cage, array, len(data)) == bytes(wanted) + bytes(8)


def test_an_interrupted_fill_goes_on_where_it_stopped(cage: Cage) -> None:
    array = cage.array(ArrayKind.REF, bytes(3 * CHUNK))
    cage.set_word("progress", CHUNK)
    cage.raw("array.fillReferences", array, 0, 3 * CHUNK // 4, array)
    assert cage.word("progress") == 0
    one = array.to_bytes(4, "little")
    assert elements(cage, array, 3 * CHUNK) == bytes(CHUNK) + one * (CHUNK // 2) + bytes(8)
