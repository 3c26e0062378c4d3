"""Divisions by constants, which the native engine multiplies: against Python's integers, at the edges of quotients."""

from __future__ import annotations

import random

from pvm.engines.native.code.divisors import divisor
from pvm.pbc.asm import assemble
from pvm.verify import verify
from tests.engines.running import make

LEAST, MOST = -(1 << 63), (1 << 63) - 1
DIVISORS = (2, 3, 5, 7, 10, 16, 641, 1000, 1 << 31, (1 << 31) - 1, 10**9, 1 << 62, (1 << 62) + 1, MOST - 1, MOST)
TEXT = "".join(
    f"""
func {name}{value}(n: i64) -> i64 {{
    local.get n
    i64.const {value}
    i64.{name}_s
    return
}}
export {name}{value}
"""
    for value in DIVISORS
    for name in ("div", "rem")
)


def dividends(value: int, rng: random.Random) -> list[int]:
    near = [
        times * value + offset for times in (-2, -1, 0, 1, 2, MOST // value, LEAST // value) for offset in (-1, 0, 1)
    ]
    some = [LEAST, LEAST + 1, MOST - 1, MOST, *(rng.randrange(LEAST, MOST) >> rng.randrange(63) for _ in range(40))]
    return [number for number in near + some if LEAST <= number <= MOST]


def truncated(dividend: int, value: int) -> int:
    quotient = abs(dividend) // value
    return quotient if dividend >= 0 else -quotient


def test_the_multiplication_is_the_division() -> None:
    rng = random.Random(1)
    for value in (*DIVISORS, *(rng.randrange(2, MOST) >> rng.randrange(60) | 2 for _ in range(300))):
        by = divisor(value)
        assert LEAST <= by.magic <= MOST
        assert 0 <= by.shift < 64
        for number in dividends(value, rng):
            found = ((number * by.magic >> 64) + (number & by.addend) >> by.shift) + (number < 0)
            assert found == truncated(number, value), (number, value)


def test_quotients_and_remainders(engine: str) -> None:
    module = verify(assemble(TEXT, "divisions"))
    instance = make(engine, module)
    names = [each.name for each in module.module.functions]
    rng = random.Random(2)
    for value in DIVISORS:
        for number in dividends(value, rng):
            quotient = truncated(number, value)
            assert instance.call(names.index(f"div{value}"), (number,)) == quotient, (number, value)
            assert instance.call(names.index(f"rem{value}"), (number,)) == number - quotient * value, (number, value)
    instance.close()
