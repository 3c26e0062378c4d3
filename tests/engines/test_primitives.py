"""Primitives by hand, and their preconditions."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from pvm.engines.reference import primitives as p

LEAST32, LEAST64 = -(1 << 31), -(1 << 63)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (p.add((1 << 31) - 1, 1, 32), LEAST32),
        (p.sub(LEAST64, 1, 64), (1 << 63) - 1),
        (p.mul(1 << 32, 1 << 31, 64), LEAST64),
        (p.mul_high_s(-1, 1, 64), -1),
        (p.mul_high_u(-1, -1, 32), -2),
        (p.div_s(-7, 2, 64), -3),
        (p.div_s(7, -2, 32), -3),
        (p.rem_s(-7, 2, 64), -1),
        (p.rem_s(7, -2, 64), 1),
        (p.div_u(-1, 2, 32), (1 << 31) - 1),
        (p.rem_u(-1, 10, 64), 5),
        (p.shl(1, 31, 32), LEAST32),
        (p.shr_u(-1, 1, 64), (1 << 63) - 1),
        (p.shr_u(-1, 0, 64), -1),
        (p.rotl(LEAST32, 1, 32), 1),
        (p.rotr(1, 1, 64), LEAST64),
        (p.clz(0, 32), 32),
        (p.clz(-1, 64), 0),
        (p.ctz(0, 64), 64),
        (p.ctz(LEAST32, 32), 31),
        (p.popcnt(-1, 32), 32),
        (p.trunc_u(2.0**63, 64), LEAST64),
        (p.float_bits64(-math.nan), 0x7FF8000000000000),
        (p.float_bits32(math.nan), 0x7FC00000),
        (p.float_bits32(-0.0), LEAST32),
    ],
)
def test_integers(found: int, expected: int) -> None:
    assert found == expected


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (p.fdiv(1.0, 0.0), "inf"),
        (p.fdiv(1.0, -0.0), "-inf"),
        (p.fdiv(0.0, 0.0), "nan"),
        (p.fdiv(-math.inf, 0.0), "-inf"),
        (p.fsqrt(-1.0), "nan"),
        (p.fsqrt(-0.0), "-0.0"),
        (p.ffloor(-0.0), "-0.0"),
        (p.fceil(-0.5), "-0.0"),
        (p.ftrunc(math.inf), "inf"),
        (p.fnearest(2.5), "2.0"),
        (p.fnearest(-0.5), "-0.0"),
        (p.fmin(0.0, -0.0), "-0.0"),
        (p.fmax(-0.0, 0.0), "0.0"),
        (p.fmin(math.nan, 1.0), "nan"),
        (p.round_f32(1e300), "inf"),
        (p.convert_u(-1, "f64", 64), repr(2.0**64)),
        # halfway between two binary32, plus one bit that a double cannot hold
        (p.convert_s((1 << 60) + (1 << 36) + 1, "f32"), repr(2.0**60 + 2.0**37)),
        (p.convert_s((1 << 60) + (1 << 36), "f32"), repr(2.0**60)),
    ],
)
def test_floats(found: float, expected: str) -> None:
    assert repr(found) == expected


@pytest.mark.parametrize(
    "breaks",
    [
        lambda: p.div_s(LEAST32, -1, 32),
        lambda: p.div_s(1, 0, 64),
        lambda: p.rem_u(1, 0, 64),
        lambda: p.shl(1, 32, 32),
        lambda: p.trunc_s(2.0**31, 32),
        lambda: p.trunc_u(math.nan, 64),
    ],
)
def test_precondition(breaks: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match="reached the primitive; the table entry must trap first"):
        breaks()
