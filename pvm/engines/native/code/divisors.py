"""Signed division by a constant as a multiplication (Warren, Hacker's Delight, 10-1).

For a divisor of 2 and more, with n * magic as a product of 128 bits:

    quotient = (upper half of n * magic + (n & addend)) >> shift, plus 1 if n is negative
"""

from __future__ import annotations

from typing import NamedTuple

MIN_DIVISOR = 2
_BITS = 64
_HALF = 1 << (_BITS - 1)


class Divisor(NamedTuple):
    """What takes the place of a divisor; ``magic`` and ``addend`` as signed numbers."""

    magic: int
    addend: int
    shift: int


def divisor(value: int) -> Divisor:
    """The multiplication for a divisor from 2 to 2**63 - 1."""
    assert MIN_DIVISOR <= value < _HALF, value
    # The least power of two that is exact enough for the largest dividend whose remainder is value - 1.
    largest = _HALF - 1 - _HALF % value
    power = _BITS
    while (1 << power) <= largest * (value - (1 << power) % value):
        power += 1
    magic = ((1 << power) + value - (1 << power) % value) // value
    if magic >= _HALF:
        return Divisor(magic - (1 << _BITS), -1, power - _BITS)
    return Divisor(magic, 0, power - _BITS)
