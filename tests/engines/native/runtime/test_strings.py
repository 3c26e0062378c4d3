"""Texts: against the reference engine's functions, on edges and at random."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import product

import pytest

from pvm.engines.native import layout
from pvm.engines.reference.heap import Array, array_of
from pvm.isa.traps import TrapKind
from pvm.isa.types import ArrayKind
from tests.engines.native.runtime.cage import Cage, NeedsMemory, Outcome, image_sources
from tests.engines.native.runtime.oracle import expected

TEXTS = (
    b"",
    b"a",
    b"ab",
    b"ab\0",
    b"ab\0c",
    b"abcdefg",
    b"abcdefgh",
    b"abcdefgi",
    b"abcdefgh\0",
    b"abcdefghi" * 9,
    b"\x7f\x80"[:1] * 17,
    "aé€😀".encode(),
    "ÿ".encode() * 20,
)


@pytest.fixture(scope="module")
def cage() -> Cage:
    """One cage for the module; what a test makes stays until the end."""
    return Cage()


def text(cage: Cage, name: str, *arguments: object) -> Outcome:
    """The outcome of a function that makes a string, with its bytes."""
    found = cage.call(name, *arguments)
    return found if found.trap is not None else found._replace(value=cage.text(found.value))


def test_two_texts(cage: Cage) -> None:
    for first in TEXTS:
        for second in TEXTS:
            a, b = cage.string(first), cage.string(second)
            assert text(cage, "string.concat", a, b) == expected("string.concat", first, second)
            assert cage.call("string.equals", a, b) == expected("string.equals", first, second)
            assert cage.call("string.compare", a, b) == expected("string.compare", first, second)
    same = cage.string(b"same text")
    assert cage.call("string.equals", same, same) == expected("string.equals", b"same text", b"same text")


def test_three_texts(cage: Cage) -> None:
    for parts in product(TEXTS, repeat=3):
        found = text(cage, "string.concat3", *map(cage.string, parts))
        assert found == expected("string.concat3", *parts)


def test_a_difference_at_every_place(cage: Cage) -> None:
    for size in range(1, 40):
        data = bytes(range(100, 100 + size))
        for at in range(size):
            for byte in (0, 99 + at, 101 + at, 127):
                other = data[:at] + bytes((byte,)) + data[at + 1 :]
                a, b = cage.string(data), cage.string(other)
                assert cage.call("string.equals", a, b) == expected("string.equals", data, other)
                assert cage.call("string.compare", a, b) == expected("string.compare", data, other)


def test_long_texts_that_differ_late(cage: Cage) -> None:
    long = bytes(1 << 20)
    for end in (b"", b"end", b"\x01" * 9):
        for other in (b"", b"enc", b"\x01" * 8 + b"\x02"):
            a, b = cage.string(long + end), cage.string(long + other)
            for name in ("string.equals", "string.compare"):
                assert cage.call(name, a, b) == expected(name, long + end, long + other)
    for at in (5, 1 << 20, (1 << 20) + 9):
        whole = bytearray(3 << 20)
        whole[at] = 7
        a, b = cage.string(bytes(3 << 20)), cage.string(bytes(whole))
        assert cage.call("string.compare", a, b).value == -1
        assert cage.call("string.index_of", b, a, 0).value == -1
    a, b = cage.string(b"\x01" * 20 + long), cage.string(b"\x01" * 20 + long + b"\x01")
    assert cage.call("string.index_of", b, a, 0).value == 0
    assert cage.call("string.index_of", b, cage.string(long + b"\x01"), 0).value == 20


def test_slices(cage: Cage) -> None:
    data = "aé€😀z".encode()
    whole = cage.string(data)
    for start in range(-1, len(data) + 2):
        for end in range(-1, len(data) + 2):
            assert text(cage, "string.slice", whole, start, end) == expected("string.slice", data, start, end)
    big = 1 << 62
    for start, end in ((0, big), (-big, 0), (big, big), (-big, big)):
        assert cage.call("string.slice", whole, start, end) == expected("string.slice", data, start, end)


def test_hashes(cage: Cage) -> None:
    for data in (*TEXTS, *(bytes(range(size)) for size in range(40))):
        for seed in (0, -1, 0x123456789ABCDEF, -(1 << 63)):
            assert cage.call("string.hash", cage.string(data), seed) == expected("string.hash", data, seed)


def test_seed(cage: Cage) -> None:
    cage.set_word("seed", -12345)
    assert cage.call("hash.seed") == Outcome(-12345, None, 1)


def hard_searches() -> Iterator[tuple[bytes, bytes]]:
    """Texts and parts that mislead a search."""
    for period in (b"a", b"ab", b"aab", b"abaab"):
        for length in (2, 3, 7, 8, 9, 30, 120):
            part = (period * length)[:length]
            yield part * 3, part
            yield period * 300 + b"b", part + b"b"
            yield period * 300, b"b" + part
            yield (part[:-1] + b"c") * 30 + part, part
            yield b"x" * 13 + part * 2, part + part[:1]
    rng = random.Random(1)
    for _ in range(300):
        alphabet = b"ab" if rng.random() < 0.7 else b"abc"
        content = bytes(rng.choices(alphabet, k=rng.randrange(400)))
        start = rng.randrange(len(content) + 1)
        part = content[start : start + rng.choice((1, 2, 5, 9, 17, 40))]
        yield content, part
        yield content, part + b"a"


def test_searches(cage: Cage) -> None:
    for content, part in hard_searches():
        a, b = cage.string(content), cage.string(part)
        for start in {0, 1, len(content) // 2, len(content)}:
            assert cage.call("string.index_of", a, b, start) == expected("string.index_of", content, part, start)


def test_one_byte_is_found_in_words(cage: Cage) -> None:
    """Beginning and end of the search lie anywhere in words; zeros behind the text are not found."""
    for size in range(1, 26):
        for wanted in (b"\0", b"x"):
            for at in (*range(size), None):
                data = b"." * size if at is None else b"." * at + wanted + b"." * (size - at - 1)
                for start in range(size + 1):
                    found = cage.call("string.index_of", cage.string(data), cage.string(wanted), start)
                    assert found == expected("string.index_of", data, wanted, start), (data, start)


def test_the_slow_search_agrees(cage: Cage) -> None:
    """Long enough runs of false hits, so that the fast search gives up."""
    for part in (b"a" * 50 + b"b" + b"a" * 50, b"ab" * 40 + b"aab", b"a" * 99 + b"b", (b"a" * 9 + b"b") * 10 + b"a"):
        for content in (b"a" * 3000 + part, (part[:-1] + b"a") * 30, (part[1:] + part[:-2]) * 20 + part + b"b"):
            a, b = cage.string(content), cage.string(part)
            assert cage.call("string.index_of", a, b, 0) == expected("string.index_of", content, part, 0)


def periodic_searches(rng: random.Random) -> Iterator[tuple[bytes, bytes]]:
    """Parts with and without a period, in texts made of their pieces."""
    for _ in range(600):
        word = bytes(rng.choices(b"ab" if rng.random() < 0.8 else b"abc", k=rng.randrange(1, 9)))
        part = (word * 9)[: rng.randrange(2, 5 * len(word) + 2)] + rng.choice((b"", b"", b"a", b"b", b"ba"))
        cuts = [
            part,
            part[1:],
            part[:-1],
            part[rng.randrange(len(part)) :],
            part[: rng.randrange(len(part))],
            word,
            b"a",
        ]
        yield b"".join(rng.choices(cuts[1:], k=rng.randrange(1, 12))) + rng.choice(cuts), part


def test_the_two_way_search_by_itself() -> None:
    sources = image_sources()
    text = sources["search.peb"]
    sources["search.peb"] = text.replace("let patience = 64", "let patience = -1000000")
    assert sources["search.peb"] != text
    impatient = Cage(sources)
    for content, part in (*hard_searches(), *periodic_searches(random.Random(3))):
        found = impatient.call("string.index_of", impatient.string(content), impatient.string(part), 0)
        assert found == expected("string.index_of", content, part, 0), (content, part)


@pytest.mark.parametrize("start", [-1, 4, 1 << 40, -(1 << 63)])
def test_search_out_of_bounds(cage: Cage, start: int) -> None:
    assert cage.call("string.index_of", cage.string(b"abc"), cage.string(b""), start) == Outcome(
        None, TrapKind.INDEX_OUT_OF_BOUNDS, 0
    )


def utf8_cases() -> Iterator[bytes]:
    """Every kind of wrong sequence at some distance from the start and the end."""
    leads = (0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5)
    tails = (0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xFF)
    for lead in (*leads, 0xFF):
        for second in tails:
            yield bytes((lead, second))
            yield bytes((lead, second, 0x80, 0x80))
            yield b"ab" + bytes((lead, second, 0x80))
    for last in tails:
        yield b"\xe1\x80" + bytes((last,))
        yield b"\xf1\x80\x80" + bytes((last,))
        yield b"\xf1\x80" + bytes((last,)) + b"\x80"
    rng = random.Random(2)
    for _ in range(300):
        yield "".join(rng.choices("az\0é߿ࠀ€퟿�𐀀😀\U0010ffff", k=rng.randrange(30))).encode()
        yield rng.randbytes(rng.randrange(6))


def test_utf8(cage: Cage) -> None:
    for data in utf8_cases():
        for padding in (b"", b"ascii: 8", b"x" * 13):
            whole = padding + data + padding
            array, model = cage.array(ArrayKind.U8, whole), array_of(ArrayKind.U8, whole)
            for start, count in ((0, len(whole)), (len(padding), len(data)), (1, len(whole) - 2), (0, len(whole) + 1)):
                found = cage.call("string.is_utf8", array, start, count)
                assert found == expected("string.is_utf8", model, start, count), whole
                made = text(cage, "string.from_utf8", array, start, count)
                assert made == expected("string.from_utf8", model, start, count)


def test_copy_to(cage: Cage) -> None:
    data = bytes(range(40, 80))
    for start, at, count in ((0, 0, 40), (3, 5, 17), (39, 49, 1), (40, 50, 0), (-1, 0, 1), (0, -1, 1), (30, 0, 11)):
        array, model = cage.array(ArrayKind.U8, bytes(50)), array_of(ArrayKind.U8, bytes(50))
        found = cage.call("string.copy_to", cage.string(data), start, array, at, count)
        assert found == expected("string.copy_to", data, start, model, at, count)
        elements = array + layout.ELEMENTS
        assert bytes(cage.memory[elements : elements + 50]) == bytes(model.data)


def test_characters(cage: Cage) -> None:
    edges = (0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xD800, 0xDFFF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF, 0x110000, -1)
    for char in (*edges, -(1 << 31), (1 << 31) - 1, 0xE9, 0x20AC, 0x1F600):
        assert text(cage, "string.from_char", char) == expected("string.from_char", char)


def test_letters_of_ascii(cage: Cage) -> None:
    cases = [bytes(range(256)), bytes(reversed(range(256))), "Straße ÀÉ 😀 aZ".encode()]
    rng = random.Random(4)
    cases += [bytes(rng.choices(b"@AZ[`az{\x7f\x80\xc1\xff 09", k=rng.randrange(40))) for _ in range(300)]
    for data in (*TEXTS, *cases):
        for name in ("string.lower_ascii", "string.upper_ascii"):
            assert text(cage, name, cage.string(data)) == expected(name, data)
        assert cage.call("string.is_ascii", cage.string(data)) == expected("string.is_ascii", data)
    for size in range(1, 20):
        for at in range(size):
            data = b"a" * at + b"\x80" + b"a" * (size - at - 1)
            assert cage.call("string.is_ascii", cage.string(data)).value == 0


def integers() -> Iterator[bytes]:
    """Texts that are integers, and such as are nearly."""
    for value in (
        0,
        1,
        9,
        10,
        19,
        1 << 31,
        10**18,
        (1 << 63) - 10,
        (1 << 63) - 1,
        1 << 63,
        (1 << 63) + 9,
        10**19,
        1 << 64,
    ):
        for sign in (b"", b"-", b"+"):
            yield sign + b"%d" % value
            yield sign + b"000" + b"%d" % value
            yield sign + b"0" * 70 + b"%d" % value
    yield from (
        b"",
        b"-",
        b"+",
        b"--1",
        b"+-1",
        b"1-",
        b" 1",
        b"1 ",
        b"1.0",
        b"0x1",
        b"1e3",
        b"/",
        b":",
        b"1/",
        b"1:",
        b"\0",
        b"1\0",
    )
    yield "\uff11".encode()


def test_integers(cage: Cage) -> None:
    for data in integers():
        for name in ("string.is_i64", "string.parse_i64"):
            assert cage.call(name, cage.string(data)) == expected(name, data), data


def test_short_integers(cage: Cage) -> None:
    choice = random.Random(8)
    for _ in range(1500):
        data = bytes(choice.choices(b"0123456789", k=choice.randrange(10)))
        if choice.random() < 0.5:
            at = choice.randrange(len(data) + 1)
            data = data[:at] + bytes((choice.choice(b"+-+-/: \0\x7fa\xc3\xff"),)) + data[at:]
        for name in ("string.is_i64", "string.parse_i64"):
            assert cage.call(name, cage.string(data)) == expected(name, data), data


def extended(cage: Cage, name: str, array: int, *arguments: object) -> Outcome:
    """The outcome with the bytes of the array, which is ``array`` or another one, and whether it is."""
    found = cage.call(name, array, *arguments)
    if found.trap is not None:
        return found
    assert cage.load(found.value) & layout.CLASS_MASK == layout.array_class(ArrayKind.U8)
    size = cage.load(found.value + layout.LENGTH)
    data = bytes(cage.memory[found.value + layout.ELEMENTS : found.value + layout.ELEMENTS + size])
    return found._replace(value=(data, found.value == array))


def expected_extension(name: str, model: Array, *arguments: object) -> Outcome:
    """The same of the reference engine."""
    found = expected(name, model, *arguments)
    if found.trap is not None:
        return found
    return found._replace(value=(bytes(found.value.data), found.value is model))


def test_extend(cage: Cage) -> None:
    before = bytes(range(100, 140))
    for size in (*range(20), 40, 41, 81, 200):
        for at in (-1, 0, 1, 20, 21, 39, 40, 41, 1 << 40):
            array, model = cage.array(ArrayKind.U8, before), array_of(ArrayKind.U8, before)
            data = bytes(range(20, 20 + size))
            found = extended(cage, "string.extend", array, at, cage.string(data))
            assert found == expected_extension("string.extend", model, at, data)


def test_extend_slice(cage: Cage) -> None:
    data = "plain ascii, then é€😀 and more".encode()
    for start in (-1, 0, 1, 6, 18, 19, 20, 22, len(data), len(data) + 1):
        for end in (-1, 0, 7, 17, 19, 21, 26, 27, len(data), len(data) + 1, 1 << 40):
            for at in (-1, 0, 3, 33, 40, 41):
                array, model = cage.array(ArrayKind.U8, bytes(40)), array_of(ArrayKind.U8, bytes(40))
                found = extended(cage, "string.extend_slice", array, at, cage.string(data), start, end)
                assert found == expected_extension("string.extend_slice", model, at, data, start, end)


def test_an_array_is_extended_to_the_largest_one_at_most(cage: Cage) -> None:
    array, part = cage.array(ArrayKind.U8, b""), cage.string(b"x" * 9)
    cage.store(array + layout.LENGTH, (1 << 31) - 8)
    outcome = cage.call("string.extend", array, (1 << 31) - 8, part)
    cage.store(array + layout.LENGTH, 0)
    assert outcome == Outcome(None, TrapKind.OUT_OF_MEMORY, 0)


def test_replace(cage: Cage) -> None:
    parts = (b"", b"a", b"\0", b"ab", b"aab", b"abcdefgh", b"fghiabcdefghi", "é".encode(), b"a" * 20)
    for data in (*TEXTS, b"a" * 50, b"ab" * 40 + b"a", b"".join(b"x" * count + b"a" for count in range(20))):
        for part in parts:
            for by in (b"", b"x", b"xy", b"ab", b"abcdefgh", b"abcdefghi", b"ninety nine texts"):
                found = text(cage, "string.replace", *map(cage.string, (data, part, by)))
                assert found == expected("string.replace", data, part, by), (data, part, by)


def test_replace_at_random(cage: Cage) -> None:
    choice = random.Random(5)
    for _ in range(300):
        data = bytes(choice.choices(b"ab", k=choice.randrange(60)))
        part, by = (bytes(choice.choices(b"ab", k=choice.choice((1, 1, 2, 3, 4)))) for _ in range(2))
        found = text(cage, "string.replace", *map(cage.string, (data, part, by)))
        assert found == expected("string.replace", data, part, by), (data, part, by)


def test_memory_is_asked_for_without_an_effect() -> None:
    cage = Cage()
    part = cage.string(b"x" * 101)
    free = cage.word("nursery_top")
    cage.set_word("nursery_limit", free + 223)
    with pytest.raises(NeedsMemory, match="224"):
        cage.call("string.concat", part, part)
    assert cage.word("nursery_top") == free
    cage.set_word("nursery_limit", free + 224)
    assert text(cage, "string.concat", part, part).value == b"x" * 202


def test_a_result_that_is_too_long_is_refused_before_it_costs(cage: Cage) -> None:
    part = cage.string(b"x")
    cage.store(part + layout.LENGTH, 1 << 30)
    assert cage.call("string.concat", part, part) == Outcome(None, TrapKind.OUT_OF_MEMORY, 0)
    cage.store(part + layout.LENGTH, 1)


def test_long_work_stops_when_it_is_interrupted() -> None:
    """A whole run over gigabytes would take minutes here: nothing but the interruption can end it."""
    cage = Cage()
    size = (1 << 31) - 1
    long, other = cage.new(layout.CLASS_STRING, size, size), cage.string(b"\0\0\1")
    cage.set_word("interrupt", 1)
    for name, arguments in (
        ("string.hash", (long, 0)),
        ("string.index_of", (long, other, 0)),
        ("string.is_utf8", (long, 0, size)),
        ("string.is_ascii", (long,)),
        ("string.replace", (long, other, other)),
        ("string.replace", (long, cage.string(bytes(1 << 16)), other)),
        ("string.replace", (long, cage.string(b"\0"), other)),
    ):
        cage.set_word("interrupted", 0)
        cage.call(name, *arguments)
        assert cage.word("interrupted") == 1, name
