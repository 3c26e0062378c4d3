"""The primitives of ``pvm.isa.machine`` on Python values, each with its precondition as an assertion.

i32 and i64 are Python ints in signed range, f32 and f64 Python floats (f32 always rounded to
binary32), flags bools.  These functions are the definition: ``emitter.py`` inlines the hot ones as
expression templates, and a test holds each template against the function here.
"""

# ruff: noqa: D103 - each is documented where pvm.isa.machine declares it

from __future__ import annotations

import math
import struct

from pvm.engines.boundary import round_f32 as round_f32  # noqa: PLC0414 - part of the primitives
from pvm.engines.boundary import wrap32 as wrap32  # noqa: PLC0414 - the same
from pvm.engines.boundary import wrap64 as wrap64  # noqa: PLC0414 - the same

MASK = {32: (1 << 32) - 1, 64: (1 << 64) - 1}
SIGN = {32: 1 << 31, 64: 1 << 63}
REACHED = "reached the primitive; the table entry must trap first"
CANONICAL_NAN: float = struct.unpack("<d", struct.pack("<Q", 0x7FF8000000000000))[0]


def to_signed(value: int, bits: int) -> int:
    """Wrap any int into the signed range of ``bits``."""
    sign = 1 << (bits - 1)
    return ((value + sign) & ((1 << bits) - 1)) - sign


def fits(value: int, bits: int) -> bool:
    """Whether the signed range of ``bits`` holds the value."""
    return -SIGN[bits] <= value < SIGN[bits]


def add(a: int, b: int, bits: int) -> int:
    return to_signed(a + b, bits)


def sub(a: int, b: int, bits: int) -> int:
    return to_signed(a - b, bits)


def mul(a: int, b: int, bits: int) -> int:
    return to_signed(a * b, bits)


def mul_high_s(a: int, b: int, bits: int) -> int:
    return (a * b) >> bits


def mul_high_u(a: int, b: int, bits: int) -> int:
    mask = MASK[bits]
    return to_signed(((a & mask) * (b & mask)) >> bits, bits)


def div_s(a: int, b: int, bits: int) -> int:
    """Precondition: b is not 0, and not (minimum, -1)."""
    assert b != 0, f"a zero divisor {REACHED}"
    assert not (b == -1 and a == -SIGN[bits]), f"overflow {REACHED}"
    return a // b if (a >= 0) == (b > 0) else -(-a // b)


def div_u(a: int, b: int, bits: int) -> int:
    """Precondition: b is not 0."""
    assert b != 0, f"a zero divisor {REACHED}"
    return to_signed((a & MASK[bits]) // (b & MASK[bits]), bits)


def rem_s(a: int, b: int, bits: int) -> int:
    """Precondition: b is not 0, and not (minimum, -1)."""
    assert b != 0, f"a zero divisor {REACHED}"
    assert not (b == -1 and a == -SIGN[bits]), f"overflow {REACHED}"
    return a % b if (a >= 0) == (b > 0) else -(-a % b)


def rem_u(a: int, b: int, bits: int) -> int:
    """Precondition: b is not 0."""
    assert b != 0, f"a zero divisor {REACHED}"
    return to_signed((a & MASK[bits]) % (b & MASK[bits]), bits)


def bit_and(a: int, b: int) -> int:
    return a & b


def bit_or(a: int, b: int) -> int:
    return a | b


def bit_xor(a: int, b: int) -> int:
    return a ^ b


def _check_count(count: int, bits: int) -> None:
    assert 0 <= count < bits, f"a shift count of {count} {REACHED}"


def shl(a: int, count: int, bits: int) -> int:
    """Precondition: 0 <= count < bits."""
    _check_count(count, bits)
    return to_signed(a << count, bits)


def shr_s(a: int, count: int, bits: int) -> int:
    """Precondition: 0 <= count < bits."""
    _check_count(count, bits)
    return a >> count


def shr_u(a: int, count: int, bits: int) -> int:
    """Precondition: 0 <= count < bits."""
    _check_count(count, bits)
    return to_signed((a & MASK[bits]) >> count, bits)


def rotl(a: int, count: int, bits: int) -> int:
    """Precondition: 0 <= count < bits."""
    _check_count(count, bits)
    a &= MASK[bits]
    return to_signed(a << count | a >> (bits - count), bits)


def rotr(a: int, count: int, bits: int) -> int:
    """Precondition: 0 <= count < bits."""
    _check_count(count, bits)
    a &= MASK[bits]
    return to_signed(a >> count | a << (bits - count), bits)


def clz(a: int, bits: int) -> int:
    return bits - (a & MASK[bits]).bit_length()


def ctz(a: int, bits: int) -> int:
    return (a & -a).bit_length() - 1 if a else bits


def popcnt(a: int, bits: int) -> int:
    return (a & MASK[bits]).bit_count()


def add_overflows_s(a: int, b: int, bits: int) -> bool:
    return not fits(a + b, bits)


def add_overflows_u(a: int, b: int, bits: int) -> bool:
    return (a & MASK[bits]) + (b & MASK[bits]) > MASK[bits]


def sub_overflows_s(a: int, b: int, bits: int) -> bool:
    return not fits(a - b, bits)


def sub_overflows_u(a: int, b: int, bits: int) -> bool:
    return (a & MASK[bits]) < (b & MASK[bits])


def mul_overflows_s(a: int, b: int, bits: int) -> bool:
    return not fits(a * b, bits)


def mul_overflows_u(a: int, b: int, bits: int) -> bool:
    return (a & MASK[bits]) * (b & MASK[bits]) > MASK[bits]


def eq(a: int, b: int) -> bool:
    return a == b


def lt_s(a: int, b: int) -> bool:
    return a < b


def le_s(a: int, b: int) -> bool:
    return a <= b


def lt_u(a: int, b: int, bits: int) -> bool:
    return (a & MASK[bits]) < (b & MASK[bits])


def le_u(a: int, b: int, bits: int) -> bool:
    return (a & MASK[bits]) <= (b & MASK[bits])


def feq(a: float, b: float) -> bool:
    return a == b


def flt(a: float, b: float) -> bool:
    return a < b


def fle(a: float, b: float) -> bool:
    return a <= b


def is_nan(a: float) -> bool:
    return a != a  # noqa: PLR0124 - the definition of NaN


def sign_extend(a: int, width: int) -> int:
    return to_signed(a, width)


def zero_extend(a: int, width: int) -> int:
    return a & ((1 << width) - 1)


def extend_u(a: int) -> int:
    return a & 0xFFFFFFFF


def trunc_s(a: float, bits: int) -> int:
    """Precondition: the truncated value fits, signed."""
    assert math.isfinite(a), f"{a} {REACHED}"
    value = int(a)
    assert fits(value, bits), f"overflow {REACHED}"
    return value


def trunc_u(a: float, bits: int) -> int:
    """Precondition: the truncated value fits, unsigned."""
    assert math.isfinite(a), f"{a} {REACHED}"
    value = int(a)
    assert 0 <= value <= MASK[bits], f"overflow {REACHED}"
    return to_signed(value, bits)


def int_to_f64(value: int) -> float:
    """Nearest double of an int below 2**64 in size, ties to even."""
    return float(value)


def int_to_f32(value: int) -> float:
    """Nearest binary32, ties to even.

    Through a double the value would be rounded twice; so bits beyond the 24 of binary32 are first
    folded into one sticky bit (round to odd), which the second rounding sees.
    """
    magnitude = abs(value)
    excess = magnitude.bit_length() - 53
    if excess > 0:
        sticky = int(magnitude & ((1 << excess) - 1) != 0)
        magnitude = (magnitude >> excess | sticky) << excess
    rounded = round_f32(float(magnitude))
    return -rounded if value < 0 else rounded


def convert_s(a: int, to: str) -> float:
    return float(a) if to == "f64" else int_to_f32(a)


def convert_u(a: int, to: str, bits: int) -> float:
    return convert_s(a & MASK[bits], to)


def float_bits32(a: float) -> int:
    return 0x7FC00000 if a != a else int(struct.unpack("<i", struct.pack("<f", a))[0])  # noqa: PLR0124


def float_bits64(a: float) -> int:
    return 0x7FF8000000000000 if a != a else int(struct.unpack("<q", struct.pack("<d", a))[0])  # noqa: PLR0124


def bits_float32(a: int) -> float:
    return float(struct.unpack("<f", struct.pack("<i", a))[0])


def bits_float64(a: int) -> float:
    return float(struct.unpack("<d", struct.pack("<q", a))[0])


def fadd(a: float, b: float) -> float:
    return a + b


def fsub(a: float, b: float) -> float:
    return a - b


def fmul(a: float, b: float) -> float:
    return a * b


def fdiv(a: float, b: float) -> float:
    if b:
        return a / b
    if a != a or b != b or not a:  # noqa: PLR0124
        return CANONICAL_NAN
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def fneg(a: float) -> float:
    return -a


def fabs(a: float) -> float:
    return abs(a)


def fsqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else CANONICAL_NAN


def _whole(a: float, rounded: int) -> float:
    return math.copysign(float(rounded), a)


def ffloor(a: float) -> float:
    return _whole(a, math.floor(a)) if math.isfinite(a) else a


def fceil(a: float) -> float:
    return _whole(a, math.ceil(a)) if math.isfinite(a) else a


def ftrunc(a: float) -> float:
    return _whole(a, math.trunc(a)) if math.isfinite(a) else a


def fnearest(a: float) -> float:
    return _whole(a, round(a)) if math.isfinite(a) else a


def fmin(a: float, b: float) -> float:
    if a != a or b != b:  # noqa: PLR0124
        return CANONICAL_NAN
    if a == b:
        return a if math.copysign(1.0, a) < 0 else b
    return min(a, b)


def fmax(a: float, b: float) -> float:
    if a != a or b != b:  # noqa: PLR0124
        return CANONICAL_NAN
    if a == b:
        return b if math.copysign(1.0, a) < 0 else a
    return max(a, b)


def fcopysign(a: float, sign: float) -> float:
    return math.copysign(a, sign)
