"""Whole numbers of any size against Python's, with digits that reach the corners of long division."""

from __future__ import annotations

import math
import random

import pytest

import pvm
from tests.stdlib.library import failure, growth, instance

BASE = 10**9
CORNERS = [0, 1, BASE - 1, BASE // 2, BASE // 2 - 1, BASE - 2]


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("bigint_calls", engine)


def random_number(dice: random.Random, limbs: int) -> int:
    """Return a number of up to so many limbs; every other has limbs where guesses of a quotient go wrong."""
    if dice.random() < 0.5:
        number = dice.randrange(BASE ** dice.randrange(limbs + 1))
    else:
        number = sum(dice.choice(CORNERS) * BASE**i for i in range(dice.randrange(limbs + 1)))
    return dice.choice([number, -number])


def truncated(a: int, b: int) -> tuple[int, int]:
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    return quotient, a - quotient * b


@pytest.mark.parametrize("seed", range(3))
def test_arithmetic(running: pvm.Instance, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(150):
        a, b = random_number(dice, 12), random_number(dice, 7)
        x, y = str(a), str(b)
        assert running.call("parse", x) == x
        assert running.call("add", x, y) == str(a + b)
        assert running.call("subtract", x, y) == str(a - b)
        assert running.call("multiply", x, y) == str(a * b)
        assert running.call("compare", x, y) == (a > b) - (a < b)
        assert running.call("less", x, y) == (a < b)
        assert running.call("equal", x, y) == (a == b)
        assert running.call("equal", x, x)
        assert running.call("sign", x) == ((a > 0) - (a < 0)) * (1 if a % 2 else 2)
        if b:
            quotient, remainder = truncated(a, b)
            assert running.call("divide", x, y) == str(quotient)
            assert running.call("remainder", x, y) == str(remainder)
            assert running.call("modulo", x, y) == str(a % b)


def test_guess_that_must_be_corrected(running: pvm.Instance) -> None:
    """The dividend is a multiple of the divisor less 1: the first guess of a limb is too large."""
    dice = random.Random(11)
    for _ in range(100):
        divisor = random_number(dice, 5) or 1
        dividend = divisor * random_number(dice, 5) - dice.choice([1, -1])
        assert running.call("divide", str(dividend), str(divisor)) == str(truncated(dividend, divisor)[0])
    # Here the guess stays 1 too large after the test of two limbs, and the divisor is added back.
    divisor, dividend = BASE**2 * (BASE // 2) + BASE - 1, (BASE**2 * (BASE // 2)) * (BASE - 1)
    assert running.call("divide", str(dividend), str(divisor)) == str(dividend // divisor)


@pytest.mark.parametrize(("left", "right"), [(300, 300), (700, 650), (1300, 400), (900, 20), (600, 301)])
def test_large_products(running: pvm.Instance, left: int, right: int) -> None:
    """By Karatsuba's method, with halves of every shape; Python prints no more than 4,300 digits."""
    dice = random.Random(left)
    for filler in (10**left - 1, 10 ** (left - 1), dice.randrange(10**left)):
        b = dice.randrange(10**right)
        assert running.call("multiply", str(filler), str(-b)) == str(-filler * b)


def test_powers_and_roots(running: pvm.Instance) -> None:
    dice = random.Random(12)
    for base in (0, 1, -1, 2, -3, 10**9, 12345678901234567890):
        for exponent in (0, 1, 2, 17, 64):
            assert running.call("power", str(base), exponent) == str(base**exponent)
    for _ in range(40):
        a, b, m = dice.randrange(-(10**30), 10**30), dice.randrange(10**6), dice.randrange(1, 10**25)
        assert running.call("modPow", str(a), str(b), str(m)) == str(pow(a, b, m))
        factor = dice.randrange(10**20)
        c, d = factor * dice.randrange(-(10**15), 10**15), factor * dice.randrange(10**25)
        assert running.call("gcd", str(c), str(d)) == str(math.gcd(c, d))
    for root in (0, 1, 2, 3, 10**9, 10**20 - 1, dice.randrange(10**50)):
        for square in (root**2 - 1, root**2, root**2 + 1):
            if square >= 0:
                assert running.call("sqrt", str(square)) == str(math.isqrt(square))
    assert running.call("gcd", "0", "0") == "0"
    assert running.call("modPow", "5", "0", "1") == "0"


def test_conversions(running: pvm.Instance) -> None:
    edges = [0, 1, -1, BASE, -BASE, BASE**2 - 1, BASE**2, (1 << 63) - 1, -(1 << 63), 9 * BASE**2, -9 * BASE**2]
    for value in edges:
        assert running.call("ofInt", value) == str(value)
        assert running.call("toInt", str(value)) == value
    for value in (1 << 63, -(1 << 63) - 1, 10**19, -(10**19), 10**40):
        wanted = f"ArithmeticError: {value} does not fit an Int"
        assert failure(lambda: running.call("toInt", str(value))) == wanted  # noqa: B023 (called at once)
    for value in (0, (1 << 53) + 1, 10**22 + 1, 10**23, -(3**200), 10**308):
        assert running.call("toFloat", str(value)) == float(value)
    assert running.call("toFloat", "1" + "0" * 400) == math.inf


@pytest.mark.parametrize(
    ("text", "shown"), [("007", "7"), ("-0", "0"), ("+5", "5"), ("-000000000012", "-12"), ("0" * 30, "0")]
)
def test_texts(running: pvm.Instance, text: str, shown: str) -> None:
    assert running.call("parse", text) == shown


@pytest.mark.parametrize("text", ["", "-", "+", "--1", "1-", " 1", "1 ", "1_0", "0x1", "1.0", "1e3", "\u0663"])
def test_texts_that_are_no_numbers(running: pvm.Instance, text: str) -> None:
    assert failure(lambda: running.call("parse", text)) == f'FormatError: "{text}" is not a whole number'


def test_what_cannot_be_computed(running: pvm.Instance) -> None:
    assert failure(lambda: running.call("divide", "5", "0")) == "ArithmeticError: division by zero"
    assert failure(lambda: running.call("modulo", "5", "0")) == "ArithmeticError: division by zero"
    assert failure(lambda: running.call("power", "5", -1)) == "ArgumentError: pow needs an exponent of 0 or more"
    assert failure(lambda: running.call("sqrt", "-1")) == "ArithmeticError: a negative number has no square root"
    wanted = "ArgumentError: modPow needs a modulus above 0"
    assert failure(lambda: running.call("modPow", "5", "1", "0")) == wanted


def test_cost(running: pvm.Instance) -> None:
    """Reading and printing are linear; twice the digits make a product about three times as dear, not four."""
    assert growth(running, "workText", 2000) < 2.2
    costs = []
    for digits in (2000, 4000):
        running.call("workSet", digits)
        before = running.statistics.fuel_used
        running.call("workMultiply", 1)
        costs.append(running.statistics.fuel_used - before)
    assert costs[1] < 3.3 * costs[0]
