"""Floating-point arithmetic and comparisons, IEEE 754 binary32 and binary64.

Rounding is to nearest, ties to even.  Where the bits of a NaN can be seen they are canonical:
quiet, positive, payload zero (architecture.md, decision 2).
"""

from __future__ import annotations

from pvm.isa.instruction import Family
from pvm.isa.machine import Machine, Val

FAMILY = Family("Floating point")
WIDTHS = ("f32", "f64")
BINARY = "lhs:T rhs:T -- result:T"
UNARY = "value:T -- result:T"
COMPARE = "lhs:T rhs:T -- truth:i32"


@FAMILY.pair((0xA0, 0xB4), WIDTHS, "add", BINARY)
def add(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Sum."""
    return m.fadd(lhs, rhs)


@FAMILY.pair((0xA1, 0xB5), WIDTHS, "sub", BINARY)
def sub(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Difference."""
    return m.fsub(lhs, rhs)


@FAMILY.pair((0xA2, 0xB6), WIDTHS, "mul", BINARY)
def mul(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Product."""
    return m.fmul(lhs, rhs)


@FAMILY.pair((0xA3, 0xB7), WIDTHS, "div", BINARY)
def div(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Quotient; by zero gives an infinity or NaN."""
    return m.fdiv(lhs, rhs)


@FAMILY.pair((0xA4, 0xB8), WIDTHS, "neg", UNARY)
def neg(m: Machine, value: Val) -> Val:
    """Flip the sign, of zeros too."""
    return m.fneg(value)


@FAMILY.pair((0xA5, 0xB9), WIDTHS, "abs", UNARY)
def absolute(m: Machine, value: Val) -> Val:
    """Clear the sign."""
    return m.fabs(value)


@FAMILY.pair((0xA6, 0xBA), WIDTHS, "sqrt", UNARY)
def sqrt(m: Machine, value: Val) -> Val:
    """Square root, correctly rounded; NaN below zero, -0.0 for -0.0."""
    return m.fsqrt(value)


@FAMILY.pair((0xA7, 0xBB), WIDTHS, "floor", UNARY)
def floor(m: Machine, value: Val) -> Val:
    """Largest whole number not above; keeps -0.0."""
    return m.ffloor(value)


@FAMILY.pair((0xA8, 0xBC), WIDTHS, "ceil", UNARY)
def ceil(m: Machine, value: Val) -> Val:
    """Smallest whole number not below; (-1, 0) gives -0.0."""
    return m.fceil(value)


@FAMILY.pair((0xA9, 0xBD), WIDTHS, "trunc", UNARY)
def trunc(m: Machine, value: Val) -> Val:
    """Whole number toward zero; (-1, 0) gives -0.0."""
    return m.ftrunc(value)


@FAMILY.pair((0xAA, 0xBE), WIDTHS, "nearest", UNARY)
def nearest(m: Machine, value: Val) -> Val:
    """Nearest whole number, ties to even."""
    return m.fnearest(value)


@FAMILY.pair((0xAB, 0xBF), WIDTHS, "min", BINARY)
def minimum(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Smaller operand; NaN if either is NaN; -0.0 is below 0.0."""
    return m.fmin(lhs, rhs)


@FAMILY.pair((0xAC, 0xC0), WIDTHS, "max", BINARY)
def maximum(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Larger operand; NaN if either is NaN; 0.0 is above -0.0."""
    return m.fmax(lhs, rhs)


@FAMILY.pair((0xAD, 0xC1), WIDTHS, "copysign", BINARY)
def copysign(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Magnitude of the first with the sign of the second; the sign of a NaN counts as positive."""
    sign = m.select(m.is_nan(rhs), m.fabs(rhs), rhs)
    return m.fcopysign(lhs, sign)


@FAMILY.pair((0xAE, 0xC2), WIDTHS, "eq", COMPARE)
def eq(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if equal; zeros are equal, NaN is not."""
    return m.flag_to_i32(m.feq(lhs, rhs))


@FAMILY.pair((0xAF, 0xC3), WIDTHS, "ne", COMPARE)
def ne(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if not equal; always for NaN."""
    return m.flag_to_i32(m.negate(m.feq(lhs, rhs)))


@FAMILY.pair((0xB0, 0xC4), WIDTHS, "lt", COMPARE)
def lt(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less; never for NaN."""
    return m.flag_to_i32(m.flt(lhs, rhs))


@FAMILY.pair((0xB1, 0xC5), WIDTHS, "le", COMPARE)
def le(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less or equal; never for NaN."""
    return m.flag_to_i32(m.fle(lhs, rhs))


@FAMILY.pair((0xB2, 0xC6), WIDTHS, "gt", COMPARE)
def gt(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater; never for NaN."""
    return m.flag_to_i32(m.flt(rhs, lhs))


@FAMILY.pair((0xB3, 0xC7), WIDTHS, "ge", COMPARE)
def ge(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater or equal; never for NaN."""
    return m.flag_to_i32(m.fle(rhs, lhs))
