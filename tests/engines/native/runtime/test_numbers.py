"""Numbers and their texts: against the reference engine's functions, on edges and at random."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Iterator
from decimal import Decimal, localcontext

import pytest

from pvm.engines.native import layout
from pvm.engines.reference.primitives import round_f32
from pvm.isa.traps import TrapKind
from tests.engines.native.runtime.cage import RUNS_NATIVELY, Cage, Outcome
from tests.engines.native.runtime.oracle import expected

RANDOM = 3000 if RUNS_NATIVELY else 1000
"""Random cases of a kind."""


@pytest.fixture(scope="module")
def cage() -> Cage:
    """One cage for the module."""
    return Cage()


@pytest.fixture(autouse=True)
def _empty(cage: Cage) -> None:
    cage.empty_heap()


def bits_of(value: float) -> int:
    """The bits of a double, so that zeros and NaNs are told apart."""
    return int(struct.unpack("<q", struct.pack("<d", value))[0])


def double(bits: int) -> float:
    """A double by its bits."""
    return float(struct.unpack("<d", struct.pack("<Q", bits))[0])


def single(bits: int) -> float:
    """A binary32 by its bits."""
    return float(struct.unpack("<f", struct.pack("<I", bits))[0])


def text(cage: Cage, name: str, value: float) -> Outcome:
    """The outcome of a function that makes a string, with its bytes."""
    found = cage.call(name, value)
    return found._replace(value=cage.text(found.value))


def check_parse(cage: Cage, data: bytes) -> None:
    """Parse a text in both ways."""
    found, wanted = cage.call("string.parse_f64", cage.string(data)), expected("string.parse_f64", data)
    assert found[1:] == wanted[1:], data
    if found.trap is None:
        assert bits_of(found.value) == bits_of(wanted.value), data


def neighbours(value: float) -> Iterator[float]:
    """A double, those beside it, and their negatives."""
    for each in (math.nextafter(value, -math.inf), value, math.nextafter(value, math.inf)):
        yield each
        yield -each


def edges() -> Iterator[float]:
    """Doubles where algorithms change their ways."""
    for value in (
        0.0,
        5e-324,
        2.2250738585072014e-308,
        1.7976931348623157e308,
        1e16,
        1e-4,
        1e22,
        1e23,
        9.5367431640625e-07,
    ):
        yield from neighbours(value)
    for value in (float(2**53), 2.0**63, 2.0**64, 123456.0, 0.1, 0.3, 1 / 3, 5e-322, 1e15, 99999999999999990.0):
        yield from neighbours(value)
    yield from (math.inf, -math.inf, math.nan)


def test_integers(cage: Cage) -> None:
    rng = random.Random(1)
    values = {edge + step for power in range(20) for edge in (10**power, -(10**power)) for step in (-1, 0, 1)}
    values |= {(1 << bit) + step for bit in range(64) for step in (-1, 0)} | {-(1 << 63), 0}
    values |= {rng.getrandbits(rng.randrange(1, 65)) for _ in range(RANDOM)}
    for value in values:
        wrapped = (value + (1 << 63)) % (1 << 64) - (1 << 63)
        for name in ("string.from_i64", "string.from_u64"):
            assert text(cage, name, wrapped) == expected(name, wrapped)


def test_doubles_as_text(cage: Cage) -> None:
    rng = random.Random(2)
    values = [*edges(), *(2.0**power for power in range(-1074, 1024)), *(10.0**power for power in range(-323, 309))]
    values += [double(rng.getrandbits(64)) for _ in range(RANDOM)]
    values += [double(rng.getrandbits(rng.randrange(1, 53))) for _ in range(RANDOM // 10)]
    values += [round(rng.uniform(-1e6, 1e6), rng.randrange(8)) for _ in range(RANDOM // 3)]
    for value in values:
        found = text(cage, "string.from_f64", value)
        assert found == expected("string.from_f64", value)
        if math.isfinite(value):
            parsed = cage.call("string.parse_f64", cage.string(found.value)).value
            assert bits_of(parsed) == bits_of(value), found


def test_singles_as_text(cage: Cage) -> None:
    rng = random.Random(3)
    values = [*(2.0**power for power in range(-149, 128)), *(round_f32(10.0**power) for power in range(-45, 39))]
    values += [single(rng.getrandbits(32)) for _ in range(RANDOM)]
    values += [single(rng.getrandbits(rng.randrange(1, 24))) for _ in range(RANDOM // 10)]
    values += [0.0, -0.0, math.inf, -math.inf, math.nan, single(0x7F7FFFFF), single(0x00800000), single(0x007FFFFF)]
    for value in values:
        assert text(cage, "string.from_f32", value) == expected("string.from_f32", value)


def test_the_shortest_of_a_power_of_two_may_be_on_its_farther_side(cage: Cage) -> None:
    for value, digits in ((2.0**-96, b"1.2621775e-29"), (2.0**87, b"1.5474251e+26")):
        assert text(cage, "string.from_f32", value).value == digits
        assert expected("string.from_f32", value).value == digits


WRONG: tuple[bytes, ...] = (
    b"",
    b"+",
    b"-",
    b".",
    b"1.",
    b".5",
    b"e5",
    b"1e",
    b"1e+",
    b"1e5.",
    b"1 ",
    b" 1",
    b"0x1",
    b"1_0",
    b"nan",
    b"inf",
    b"1e5e5",
    b"--1",
    b"+-1",
    b"1..2",
    b"1.5.5",
    b"Infinity",
    b"1f",
    b"1E",
    "\u0661".encode(),
    b"1\0",
    b"12345678e",
    b"1.e5",
)


def test_what_is_no_decimal(cage: Cage) -> None:
    for data in WRONG:
        found = cage.call("string.parse_f64", cage.string(data))
        assert found == Outcome(None, TrapKind.INVALID_ARGUMENT, 1 + (len(data) >> 4)), data
        check_parse(cage, data)


def decimals() -> Iterator[str]:
    """Decimals in odd forms."""
    yield from ("0", "-0", "+0", "00", "-0.0", "0e9", "0.00e-999999999999999999999", "-0e99999999999999999999", "1E5")
    yield from ("1e400", "-1e400", "1e-400", "1e309", "1e308", "1.8e308", "17976931348623158e292", "1e-323", "2e-324")
    yield from ("1.7976931348623158079e308", "1.7976931348623159e308", "+00012.500", "1e+00000000000000000000005")
    yield from (
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
    )
    yield from ("1e99999999999999999999999", "1e-99999999999999999999999", "9007199254740993", "9007199254740993.0000")
    yield from ("9007199254740992.99999999999999999999999", "9007199254740993." + "0" * 900 + "1", "123456789" * 30)
    for zeros in (5, 400, 2000):
        yield "0." + "0" * zeros + "123e" + str(zeros)
        yield "123" + "0" * zeros + "e-" + str(zeros)
        yield "0" * zeros + "1." + "0" * zeros + "5"
        yield "0" * zeros + "." + "0" * zeros
    yield "1" * 799 + "0" * 400 + "e-1000"
    yield "1" * 799 + "0" * 400 + "1e-1000"


def halfway_decimals(rng: random.Random) -> Iterator[str]:
    """Exactly half way between two doubles, and hardly above and below."""
    for _ in range(RANDOM // 40):
        low = double(rng.choice((rng.getrandbits(62), rng.getrandbits(52), rng.getrandbits(40))))
        if not math.isfinite(low) or not math.isfinite(math.nextafter(low, math.inf)):
            continue
        with localcontext(prec=2000):
            middle = (Decimal(low) + Decimal(math.nextafter(low, math.inf))) / 2
            digits = f"{middle:e}"
        mantissa, _, power = digits.partition("e")
        mantissa += "" if "." in mantissa else "."
        yield f"{mantissa}0e{power}"
        yield f"{mantissa}{'0' * rng.randrange(900)}1e{power}"
        last = mantissa.rstrip("0.")
        if last[-1:] not in {"", "0"} and len(last) > 2:
            yield f"{last[:-1]}{int(last[-1]) - 1}{'9' * rng.randrange(1, 40)}e{power}"


def test_decimals(cage: Cage) -> None:
    for data in decimals():
        check_parse(cage, data.encode())


def test_halfway_decimals(cage: Cage) -> None:
    for data in halfway_decimals(random.Random(4)):
        check_parse(cage, data.encode())


def test_random_decimals(cage: Cage) -> None:
    rng = random.Random(5)
    for _ in range(RANDOM):
        digits = "".join(rng.choices("0123456789", k=rng.choice((1, 3, 10, 17, 19, 20, 40))))
        fraction = "." + "".join(rng.choices("0123456789", k=rng.randrange(1, 25))) if rng.random() < 0.5 else ""
        power = f"e{rng.randrange(-350, 320)}" if rng.random() < 0.7 else ""
        check_parse(cage, f"{rng.choice(('', '-', '+'))}{digits}{fraction}{power}".encode())


def test_hostile_decimals_take_linear_time(cage: Cage) -> None:
    for data in (
        b"1" * 200_000,
        b"0." + b"0" * 200_000 + b"1e200000",
        b"1e" + b"0" * 200_000 + b"5",
        b"1" * 200_000 + b"x",
    ):
        check_parse(cage, data)


def test_remainders_of_doubles(cage: Cage) -> None:
    rng = random.Random(6)
    values = [*edges(), 1.0, 1.5, -7.0, 3.0, 5e-310, 1e300]
    pairs = [(a, b) for a in values for b in values[:: len(values) // 12]]
    pairs += [(double(rng.getrandbits(64)), double(rng.getrandbits(64))) for _ in range(RANDOM)]
    pairs += [(rng.uniform(-1e3, 1e3), rng.uniform(-10, 10)) for _ in range(RANDOM // 3)]
    pairs += [(float(rng.randrange(1000)), float(rng.randrange(1, 30))) for _ in range(RANDOM // 10)]
    for a, b in pairs:
        found, wanted = cage.call("f64.remainder", a, b), expected("f64.remainder", a, b)
        assert (bits_of(found.value), found[1:]) == (bits_of(wanted.value), wanted[1:]), (a, b)


def test_remainders_of_singles(cage: Cage) -> None:
    rng = random.Random(7)
    special = (0.0, -0.0, math.inf, -math.inf, math.nan, single(1), single(0x7F7FFFFF), 1.0, -2.5)
    pairs = [(a, b) for a in special for b in special]
    pairs += [(single(rng.getrandbits(32)), single(rng.getrandbits(32))) for _ in range(RANDOM // 3)]
    for a, b in pairs:
        found, wanted = cage.call("f32.remainder", a, b), expected("f32.remainder", a, b)
        assert (bits_of(found.value), found[1:]) == (bits_of(wanted.value), wanted[1:]), (a, b)


def test_a_decimal_of_gigabytes_stops_when_it_is_interrupted() -> None:
    cage = Cage()
    size = (1 << 31) - 1
    long = cage.new(layout.CLASS_STRING, size, size)
    elements = long + layout.ELEMENTS
    cage.memory[elements : elements + (2 << 20)] = b"1" * (2 << 20)
    cage.set_word("interrupt", 1)
    cage.call("string.parse_f64", long)
    assert cage.word("interrupted") == 1
