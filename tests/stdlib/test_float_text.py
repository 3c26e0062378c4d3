"""Texts of Floats and back: against Python on a hundred thousand bit patterns, against exact arithmetic on some."""

from __future__ import annotations

import math
import random
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, localcontext
from functools import partial

import pytest

import pvm
from compiler.check.literals import nearest_float32
from tests.stdlib.library import instance

COUNT = 100_000
BATCH = 2_000
MAX32 = 3.4028234663852886e38
"""The largest Float32."""
EDGES = [
    0.0,
    5e-324,
    2.225073858507201e-308,
    2.2250738585072014e-308,
    1.7976931348623157e308,
    math.inf,
    1e-5,
    9.999999999999999e-5,
    1e-4,
    1e15,
    9999999999999998.0,
    1e16,
    1e22,
    1e23,
    2.0**53,
    2.0**53 + 2,
    2.0**63,
    0.1,
    0.3,
    1 / 3,
    9007199254740993.0,
    4.35,
    0.000001,
    123456.789,
]


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("float_calls", engine)


@pytest.fixture(autouse=True)
def exact_decimals() -> Iterator[None]:
    """Let no operation on the decimals of these tests round."""
    with localcontext() as context:
        context.prec = 1_200
        yield


def of_bits(bits: int) -> float:
    return struct.unpack("<d", struct.pack("<q", bits))[0]  # type: ignore[no-any-return]


def to_bits(value: float) -> int:
    return struct.unpack("<q", struct.pack("<d", value))[0]  # type: ignore[no-any-return]


def of_bits32(bits: int) -> float:
    return struct.unpack("<f", struct.pack("<I", bits))[0]  # type: ignore[no-any-return]


def bit_patterns(dice: random.Random, count: int) -> list[int]:
    """Edges with their neighbours and opposites, powers of ten and two, decimals of few digits, random bits."""
    chosen = [to_bits(value) + step for value in EDGES for step in (-1, 0, 1)]
    chosen += [to_bits(10.0**power) for power in range(-323, 309)]
    chosen += [to_bits(math.ldexp(1.0, power)) + step for power in range(-1074, 1024, 3) for step in (-1, 0, 1)]
    chosen += [to_bits(dice.randrange(10**6) / 10 ** dice.randrange(9)) for _ in range(5_000)]
    chosen += [(bits + (1 << 63)) % (1 << 64) - (1 << 63) | -(1 << 63) for bits in chosen]
    chosen += [dice.getrandbits(64) - (1 << 63) for _ in range(count - len(chosen))]
    return chosen


def text_of(value: float) -> str:
    """The text that Pebble gives a Float, by Python's `repr`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return re.sub(r"e([+-])0", r"e\1", repr(value))


def batches(items: list[int]) -> Iterable[list[int]]:
    return (items[at : at + BATCH] for at in range(0, len(items), BATCH))


def test_a_hundred_thousand_texts_are_those_of_python_and_read_back(running: pvm.Instance) -> None:
    patterns = bit_patterns(random.Random(2024), COUNT)
    assert len(patterns) == COUNT
    for batch in batches(patterns):
        wanted = [text_of(of_bits(bits)) for bits in batch]
        assert running.call("texts", batch).splitlines() == wanted
        finite = [(text, bits) for text, bits in zip(wanted, batch, strict=True) if math.isfinite(of_bits(bits))]
        assert list(running.call("numbers", "\n".join(text for text, _ in finite))) == [bits for _, bits in finite]


def halfway(dice: random.Random, bits: int) -> str:
    """A decimal in the middle between two Floats, or so near to it that most digits are needed to tell."""
    low, high = Decimal(of_bits(bits)), Decimal(of_bits(bits + 1))
    middle = f"{(low + high) / 2:f}"
    return middle + dice.choice(["", "0" * 30 + "1", "e0"]) if "." in middle else middle


def test_a_hundred_thousand_decimals_are_read_as_python_reads_them(running: pvm.Instance) -> None:
    dice = random.Random(2025)
    texts = [
        f"{dice.choice(['', '-', '+'])}{dice.randrange(10 ** dice.randrange(1, 25))}"
        f"{dice.choice(['', '.' + str(dice.randrange(10 ** dice.randrange(1, 20)))])}"
        f"{dice.choice(['', f'e{dice.randrange(-340, 320)}', f'E+{dice.randrange(30)}'])}"
        for _ in range(COUNT - 5_000)
    ]
    with_digits = [dice.randrange(1 << 62) for _ in range(5_000)]
    texts += [halfway(dice, bits) for bits in with_digits if math.isfinite(of_bits(bits + 1))]
    for at in range(0, len(texts), BATCH):
        batch = texts[at : at + BATCH]
        assert list(running.call("numbers", "\n".join(batch))) == [to_bits(float(text)) for text in batch]


@pytest.mark.parametrize("text", ["", ".", "1.", ".5", "1e", "1e+", "e5", "0x10", "1_000", " 1", "1 ", "--1", "1.5.2"])
def test_what_is_no_number(running: pvm.Instance, text: str) -> None:
    assert not running.call("isNumber", text)


def reads_back(value: float, text: Decimal) -> bool:
    return float(text) == value


def nearest_that_reads_back(exact: Decimal, digits: int, fits: Callable[[Decimal], bool]) -> Decimal | None:
    """The decimal of so many digits that is nearest to a number and still reads back as it, ties to even."""
    unit = Decimal(1).scaleb(exact.adjusted() - digits + 1)
    down = exact // unit * unit
    fitting = [each for each in (down, down + unit) if fits(each)]
    return min(fitting, key=lambda each: (abs(each - exact), each / unit % 2), default=None)


def test_texts_are_as_short_as_can_be(running: pvm.Instance) -> None:
    """Without `repr`: no decimal with a digit less reads back as the same number, and none as long is nearer."""
    dice = random.Random(2026)
    patterns = [bits for bits in bit_patterns(dice, 30_000)[::10] if math.isfinite(of_bits(bits)) and bits << 1]
    for bits, text in zip(patterns, running.call("texts", patterns).splitlines(), strict=True):
        value = abs(of_bits(bits))
        exact = Decimal(value)
        shown = abs(Decimal(text))
        fits = partial(reads_back, value)
        digits = len(shown.normalize().as_tuple().digits)
        assert shown == nearest_that_reads_back(exact, digits, fits)
        assert digits == 1 or nearest_that_reads_back(exact, digits - 1, fits) is None


def test_fixed_digits_are_exact(running: pvm.Instance) -> None:
    dice = random.Random(2027)
    patterns = [bits for bits in bit_patterns(dice, 40_000)[::40] if math.isfinite(of_bits(bits))]
    digits = [dice.choice([0, 1, 2, 3, 6, 15, 17, 30]) for _ in patterns]
    wanted = [f"{of_bits(bits):.{places}f}" for bits, places in zip(patterns, digits, strict=True)]
    assert running.call("fixed", patterns, digits).splitlines() == wanted


def nearest32(exact: Decimal) -> float:
    """The Float32 nearest to a decimal that is not negative, ties to even, by exact comparison."""
    if exact >= (Decimal(MAX32) + Decimal(2.0**128)) / 2:
        return math.inf
    near = min(0x7F7FFFFF, struct.unpack("<I", struct.pack("<f", min(float(exact), MAX32)))[0])
    around = [bits for bits in (near - 1, near, near + 1) if 0 <= bits <= 0x7F7FFFFF]
    return of_bits32(min(around, key=lambda bits: (abs(Decimal(of_bits32(bits)) - exact), bits & 1)))


def shortest32(value: float) -> Decimal:
    """The shortest decimal that reads back as a Float32 above zero, the nearest of these."""
    found = (nearest_that_reads_back(Decimal(value), n, lambda each: nearest32(each) == value) for n in range(1, 10))
    return next(each for each in found if each is not None)


def test_float32_texts_are_the_shortest_and_read_back(running: pvm.Instance) -> None:
    dice = random.Random(2028)
    patterns = [dice.randrange(1, 0x7F800000) for _ in range(4_000)]
    patterns += [1, 2, 0x7FFFFF, 0x7F7FFFFF, 0x3F800000, 0x4B800001, *range(0x00800000, 0x7F000000, 0x00800000)]
    texts = running.call("texts32", patterns).splitlines()
    for bits, text in zip(patterns, texts, strict=True):
        assert Decimal(text) == shortest32(of_bits32(bits)), hex(bits)
    assert list(running.call("numbers32", "\n".join(texts))) == patterns
    assert running.call("texts32", [0, 0x80000000, 0x7F800000, 0xFF800000, 0x7FC00000]).splitlines() == [
        "0.0",
        "-0.0",
        "Infinity",
        "-Infinity",
        "NaN",
    ]


def test_float32_is_read_in_one_rounding(running: pvm.Instance) -> None:
    dice = random.Random(2029)
    texts = [
        "1e-50",
        "1e400",
        "0",
        "340282356779733661637539395458142568447.9",
        "340282356779733661637539395458142568448",
    ]
    for _ in range(600):
        bits = dice.choice([dice.randrange(0x7F7FFFFF), dice.randrange(0x00800000)])
        middle = (Decimal(of_bits32(bits)) + Decimal(of_bits32(bits + 1))) / 2
        shown = f"{middle:f}" if "." in f"{middle:f}" else f"{middle:f}.0"
        texts += [shown, shown + "0" * 40 + "1", f"{shown[:-1]}{int(shown[-1]) - 1}9" if shown[-1] > "0" else shown]
        texts.append(f"{dice.randrange(1 << 60)}e{dice.randrange(-70, 25)}")
    wanted = [struct.unpack("<I", struct.pack("<f", nearest32(Decimal(text))))[0] for text in texts]
    assert list(running.call("numbers32", "\n".join(texts))) == wanted
    assert list(running.call("numbers32", "\n".join(f"-{text}" for text in texts))) == [
        bits | 0x80000000 for bits in wanted
    ]
    literals = [nearest_float32(text) for text in texts if math.isfinite(float(text))]
    assert literals == [of_bits32(bits) for bits, text in zip(wanted, texts, strict=True) if math.isfinite(float(text))]
