"""Functions of Floats against Python's, in units of the last place, and on the edges exactly."""

from __future__ import annotations

import itertools
import math
import random
import struct
from collections.abc import Callable
from fractions import Fraction

import pytest

import pvm
from tests.stdlib.library import failure, instance

INF = math.inf


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("math_calls", engine)


def ordinal(value: float) -> int:
    """The place of a Float among all Floats, so that neighbours differ by one."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return bits if bits >= 0 else -(bits & (2**63 - 1))


def distance(found: float, wanted: float) -> int:
    if math.isnan(found) or math.isnan(wanted):
        return 0 if math.isnan(found) and math.isnan(wanted) else 1 << 63
    return abs(ordinal(found) - ordinal(wanted))


def spread(dice: random.Random, low: float, high: float, count: int = 1500) -> list[float]:
    return [dice.uniform(low, high) for _ in range(count)]


def sizes(dice: random.Random, count: int = 1500) -> list[float]:
    """Positive numbers of every size."""
    return [math.ldexp(dice.uniform(1, 2), dice.randrange(-1074, 1023)) for _ in range(count)]


@pytest.mark.parametrize(
    ("name", "function", "values", "units"),
    [
        ("exp", math.exp, lambda dice: spread(dice, -700, 700), 1),
        ("ln", math.log, sizes, 1),
        ("ln", math.log, lambda dice: spread(dice, 0.5, 2), 1),
        ("log10", math.log10, sizes, 1),
        ("log2", math.log2, sizes, 1),
        ("sin", math.sin, lambda dice: spread(dice, -50, 50), 2),
        ("cos", math.cos, lambda dice: spread(dice, -50, 50), 2),
        ("tan", math.tan, lambda dice: spread(dice, -1.5, 1.5), 4),
        ("asin", math.asin, lambda dice: spread(dice, -1, 1), 4),
        ("acos", math.acos, lambda dice: spread(dice, -1, 1), 4),
        ("atan", math.atan, lambda dice: spread(dice, -20, 20), 4),
        ("sinh", math.sinh, lambda dice: spread(dice, -700, 700), 4),
        ("sinh", math.sinh, lambda dice: spread(dice, -0.6, 0.6), 4),
        ("cosh", math.cosh, lambda dice: spread(dice, -700, 700), 4),
        ("tanh", math.tanh, lambda dice: spread(dice, -3, 3), 4),
        ("cbrt", lambda x: math.copysign(abs(x) ** (1 / 3), x), lambda dice: spread(dice, -1e6, 1e6), 3),
        ("sqrt", math.sqrt, sizes, 0),
        ("radians", math.radians, lambda dice: spread(dice, -720, 720), 1),
        ("degrees", math.degrees, lambda dice: spread(dice, -7, 7), 1),
    ],
)
def test_functions_of_one_number(
    running: pvm.Instance,
    name: str,
    function: Callable[[float], float],
    values: Callable[[random.Random], list[float]],
    units: int,
) -> None:
    given = values(random.Random(31))
    found = running.call(name, given)
    worst = max(distance(one, function(value)) for one, value in zip(found, given, strict=True))
    assert worst <= units


EDGES = [0.0, -0.0, 1.0, -1.0, INF, -INF, math.nan, 5e-324, -5e-324, 1e308]


def safely(function: Callable[..., float], *arguments: float) -> float:
    """What IEEE 754 gives where Python throws."""
    try:
        return function(*arguments)
    except ValueError:
        return math.nan
    except OverflowError:
        return INF


@pytest.mark.parametrize("name", ["exp", "log10", "log2", "sin", "atan", "sinh", "cosh", "tanh", "asin", "acos"])
def test_edges_of_one_number(running: pvm.Instance, name: str) -> None:
    given = [value for value in EDGES if not (name == "sin" and abs(value) == 1e308)]
    for value, found in zip(given, running.call(name, given), strict=True):
        wanted = safely(getattr(math, name), value)
        if name.startswith("log") and value == 0:
            wanted = -INF
        if name == "sinh" and math.isinf(wanted):
            wanted = math.copysign(wanted, value)
        assert distance(found, wanted) <= 2
        if wanted == 0 and name != "exp":
            assert math.copysign(1, found) == math.copysign(1, wanted)


def test_powers(running: pvm.Instance) -> None:
    dice = random.Random(32)
    bases = [math.exp(dice.uniform(-5, 5)) for _ in range(3000)]
    exponents = [dice.choice([dice.uniform(-60, 60), float(dice.randrange(-130, 130))]) for _ in bases]
    found = running.call("pow", bases, exponents)
    triples = zip(bases, exponents, found, strict=True)
    assert max(distance(power, base**exponent) for base, exponent, power in triples) <= 1


def test_powers_that_are_exact(running: pvm.Instance) -> None:
    pairs = [(2.0, float(n)) for n in range(-1074, 1024)]
    pairs += [(float(base), float(n)) for base in range(-12, 13) for n in range(25) if base**n < 2**53]
    pairs += [(10.0, -320.0), (10.0, 308.0), (10.0, 309.0), (-2.0, -3.0), (-10.0, -323.0), (0.5, 1074.0)]
    found = running.call("pow", [base for base, _ in pairs], [exponent for _, exponent in pairs])
    for (base, exponent), power in zip(pairs, found, strict=True):
        # By exact arithmetic: the C library that Python calls is a unit off for 10 ** 23.
        assert power == safely(lambda b, n: float(Fraction(b) ** int(n)), base, exponent), (base, exponent)


def test_edges_of_powers(running: pvm.Instance) -> None:
    values = [*EDGES, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1e300, 2.0**53, 2.0**53 - 1]
    pairs = list(itertools.product(values, values))
    found = running.call("pow", [a for a, _ in pairs], [b for _, b in pairs])
    for (base, exponent), power in zip(pairs, found, strict=True):
        if base == 0 and exponent < 0:
            wanted = math.copysign(INF, base) if exponent % 2 == 1 else INF
        else:
            wanted = safely(math.pow, base, exponent)
            if math.isinf(wanted) and base < 0 and exponent % 2 == 1:
                wanted = -INF
        assert distance(power, wanted) <= 2, (base, exponent)


def test_angles_and_lengths_of_two_numbers(running: pvm.Instance) -> None:
    dice = random.Random(33)
    pairs = list(itertools.product(EDGES, EDGES)) + [(dice.gauss(0, 9), dice.gauss(0, 9)) for _ in range(1000)]
    ys, xs = [y for y, _ in pairs], [x for _, x in pairs]
    for (y, x), angle, length in zip(pairs, running.call("atan2", ys, xs), running.call("hypot", ys, xs), strict=True):
        assert distance(angle, math.atan2(y, x)) <= 4, (y, x)
        assert math.copysign(1, angle) == math.copysign(1, math.atan2(y, x)) or math.isnan(angle)
        assert distance(length, math.hypot(y, x)) <= 2, (y, x)


def test_remainders_are_exact(running: pvm.Instance) -> None:
    dice = random.Random(34)
    pairs = [(dice.choice([-1, 1]) * a, b) for a, b in zip(sizes(dice, 500), sizes(dice, 500), strict=True)]
    found = running.call("remainder", [a for a, _ in pairs], [b for _, b in pairs])
    assert list(found) == [math.fmod(a, b) for a, b in pairs]


def test_whole_numbers(running: pvm.Instance) -> None:
    dice = random.Random(35)
    for _ in range(100):
        a, b = dice.randrange(-(10**6), 10**6), dice.randrange(-(10**6), 10**6)
        assert running.call("gcd", a, b) == math.gcd(a, b)
        assert running.call("lcm", a, b) == math.lcm(a, b)
    assert running.call("lcm", 0, 5) == running.call("gcd", 0, 0) == 0
    assert failure(lambda: running.call("lcm", 2**62, 3)).startswith("ArithmeticError")
