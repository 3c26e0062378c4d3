"""Integer arithmetic, bits and comparisons at 32 and 64 bits.

Plain names wrap.  ``_checked`` names trap on overflow.  Shift counts are taken modulo the width.
"""

from __future__ import annotations

from pvm.isa.instruction import Family
from pvm.isa.machine import Machine, Val
from pvm.isa.traps import TrapKind

FAMILY = Family("Integers")
WIDTHS = ("i32", "i64")
BINARY = "lhs:T rhs:T -- result:T"
UNARY = "value:T -- result:T"
COMPARE = "lhs:T rhs:T -- truth:i32"
OVERFLOW = (TrapKind.INTEGER_OVERFLOW,)
ZERO = (TrapKind.DIVIDE_BY_ZERO,)
ZERO_OVERFLOW = (TrapKind.DIVIDE_BY_ZERO, TrapKind.INTEGER_OVERFLOW)


def _width(value: Val) -> int:
    return 32 if value.kind == "i32" else 64


def _is_minimum(m: Machine, value: Val) -> Val:
    return m.eq(value, m.int_like(value, -(1 << (_width(value) - 1))))


def _is(m: Machine, value: Val, number: int) -> Val:
    return m.eq(value, m.int_like(value, number))


def _count(m: Machine, count: Val) -> Val:
    return m.bit_and(count, m.int_like(count, _width(count) - 1))


@FAMILY.pair((0x50, 0x78), WIDTHS, "add", BINARY)
def add(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Sum, wrapping."""
    return m.add(lhs, rhs)


@FAMILY.pair((0x51, 0x79), WIDTHS, "sub", BINARY)
def sub(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Difference, wrapping."""
    return m.sub(lhs, rhs)


@FAMILY.pair((0x52, 0x7A), WIDTHS, "mul", BINARY)
def mul(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Product, wrapping."""
    return m.mul(lhs, rhs)


@FAMILY.pair((0x53, 0x7B), WIDTHS, "div_s", BINARY, traps=ZERO_OVERFLOW)
def div_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Signed quotient, truncated toward zero."""
    m.trap_if(_is(m, rhs, 0), TrapKind.DIVIDE_BY_ZERO)
    m.trap_if(m.both(_is_minimum(m, lhs), _is(m, rhs, -1)), TrapKind.INTEGER_OVERFLOW)
    return m.div_s(lhs, rhs)


@FAMILY.pair((0x54, 0x7C), WIDTHS, "div_u", BINARY, traps=ZERO)
def div_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Unsigned quotient."""
    m.trap_if(_is(m, rhs, 0), TrapKind.DIVIDE_BY_ZERO)
    return m.div_u(lhs, rhs)


@FAMILY.pair((0x55, 0x7D), WIDTHS, "rem_s", BINARY, traps=ZERO)
def rem_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Signed remainder with the sign of the dividend; minimum by -1 gives 0."""
    m.trap_if(_is(m, rhs, 0), TrapKind.DIVIDE_BY_ZERO)
    divisor = m.select(_is(m, rhs, -1), m.int_like(rhs, 1), rhs)
    return m.rem_s(lhs, divisor)


@FAMILY.pair((0x56, 0x7E), WIDTHS, "rem_u", BINARY, traps=ZERO)
def rem_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Unsigned remainder."""
    m.trap_if(_is(m, rhs, 0), TrapKind.DIVIDE_BY_ZERO)
    return m.rem_u(lhs, rhs)


@FAMILY.pair((0x57, 0x7F), WIDTHS, "add_checked_s", BINARY, traps=OVERFLOW)
def add_checked_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Signed sum; traps if it does not fit."""
    m.trap_if(m.add_overflows_s(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.add(lhs, rhs)


@FAMILY.pair((0x58, 0x80), WIDTHS, "sub_checked_s", BINARY, traps=OVERFLOW)
def sub_checked_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Signed difference; traps if it does not fit."""
    m.trap_if(m.sub_overflows_s(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.sub(lhs, rhs)


@FAMILY.pair((0x59, 0x81), WIDTHS, "mul_checked_s", BINARY, traps=OVERFLOW)
def mul_checked_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Signed product; traps if it does not fit."""
    m.trap_if(m.mul_overflows_s(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.mul(lhs, rhs)


@FAMILY.pair((0x5A, 0x82), WIDTHS, "add_checked_u", BINARY, traps=OVERFLOW)
def add_checked_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Unsigned sum; traps if it does not fit."""
    m.trap_if(m.add_overflows_u(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.add(lhs, rhs)


@FAMILY.pair((0x5B, 0x83), WIDTHS, "sub_checked_u", BINARY, traps=OVERFLOW)
def sub_checked_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Unsigned difference; traps if it is negative."""
    m.trap_if(m.sub_overflows_u(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.sub(lhs, rhs)


@FAMILY.pair((0x5C, 0x84), WIDTHS, "mul_checked_u", BINARY, traps=OVERFLOW)
def mul_checked_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Unsigned product; traps if it does not fit."""
    m.trap_if(m.mul_overflows_u(lhs, rhs), TrapKind.INTEGER_OVERFLOW)
    return m.mul(lhs, rhs)


@FAMILY.pair((0x5D, 0x85), WIDTHS, "mul_high_s", BINARY)
def mul_high_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Upper half of the signed double-width product."""
    return m.mul_high_s(lhs, rhs)


@FAMILY.pair((0x5E, 0x86), WIDTHS, "mul_high_u", BINARY)
def mul_high_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Upper half of the unsigned double-width product."""
    return m.mul_high_u(lhs, rhs)


@FAMILY.pair((0x5F, 0x87), WIDTHS, "and", BINARY)
def bit_and(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Bitwise and."""
    return m.bit_and(lhs, rhs)


@FAMILY.pair((0x60, 0x88), WIDTHS, "or", BINARY)
def bit_or(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Bitwise or."""
    return m.bit_or(lhs, rhs)


@FAMILY.pair((0x61, 0x89), WIDTHS, "xor", BINARY)
def bit_xor(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Bitwise exclusive or."""
    return m.bit_xor(lhs, rhs)


@FAMILY.pair((0x62, 0x8A), WIDTHS, "shl", BINARY)
def shl(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Shift left; the count is taken modulo the width."""
    return m.shl(lhs, _count(m, rhs))


@FAMILY.pair((0x63, 0x8B), WIDTHS, "shr_s", BINARY)
def shr_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Shift right, copying the sign; the count is taken modulo the width."""
    return m.shr_s(lhs, _count(m, rhs))


@FAMILY.pair((0x64, 0x8C), WIDTHS, "shr_u", BINARY)
def shr_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Shift right, filling with zeros; the count is taken modulo the width."""
    return m.shr_u(lhs, _count(m, rhs))


@FAMILY.pair((0x65, 0x8D), WIDTHS, "rotl", BINARY)
def rotl(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Rotate left; the count is taken modulo the width."""
    return m.rotl(lhs, _count(m, rhs))


@FAMILY.pair((0x66, 0x8E), WIDTHS, "rotr", BINARY)
def rotr(m: Machine, lhs: Val, rhs: Val) -> Val:
    """Rotate right; the count is taken modulo the width."""
    return m.rotr(lhs, _count(m, rhs))


@FAMILY.pair((0x67, 0x8F), WIDTHS, "clz", UNARY)
def clz(m: Machine, value: Val) -> Val:
    """Leading zero bits; the width for 0."""
    return m.clz(value)


@FAMILY.pair((0x68, 0x90), WIDTHS, "ctz", UNARY)
def ctz(m: Machine, value: Val) -> Val:
    """Trailing zero bits; the width for 0."""
    return m.ctz(value)


@FAMILY.pair((0x69, 0x91), WIDTHS, "popcnt", UNARY)
def popcnt(m: Machine, value: Val) -> Val:
    """Bits that are set."""
    return m.popcnt(value)


@FAMILY.pair((0x6A, 0x92), WIDTHS, "eqz", "value:T -- truth:i32")
def eqz(m: Machine, value: Val) -> Val:
    """1 if zero, else 0."""
    return m.flag_to_i32(_is(m, value, 0))


@FAMILY.pair((0x6B, 0x93), WIDTHS, "eq", COMPARE)
def eq(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if equal, else 0."""
    return m.flag_to_i32(m.eq(lhs, rhs))


@FAMILY.pair((0x6C, 0x94), WIDTHS, "ne", COMPARE)
def ne(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if different, else 0."""
    return m.flag_to_i32(m.negate(m.eq(lhs, rhs)))


@FAMILY.pair((0x6D, 0x95), WIDTHS, "lt_s", COMPARE)
def lt_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less, signed, else 0."""
    return m.flag_to_i32(m.lt_s(lhs, rhs))


@FAMILY.pair((0x6E, 0x96), WIDTHS, "lt_u", COMPARE)
def lt_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less, unsigned, else 0."""
    return m.flag_to_i32(m.lt_u(lhs, rhs))


@FAMILY.pair((0x6F, 0x97), WIDTHS, "le_s", COMPARE)
def le_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less or equal, signed, else 0."""
    return m.flag_to_i32(m.le_s(lhs, rhs))


@FAMILY.pair((0x70, 0x98), WIDTHS, "le_u", COMPARE)
def le_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if less or equal, unsigned, else 0."""
    return m.flag_to_i32(m.le_u(lhs, rhs))


@FAMILY.pair((0x71, 0x99), WIDTHS, "gt_s", COMPARE)
def gt_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater, signed, else 0."""
    return m.flag_to_i32(m.lt_s(rhs, lhs))


@FAMILY.pair((0x72, 0x9A), WIDTHS, "gt_u", COMPARE)
def gt_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater, unsigned, else 0."""
    return m.flag_to_i32(m.lt_u(rhs, lhs))


@FAMILY.pair((0x73, 0x9B), WIDTHS, "ge_s", COMPARE)
def ge_s(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater or equal, signed, else 0."""
    return m.flag_to_i32(m.le_s(rhs, lhs))


@FAMILY.pair((0x74, 0x9C), WIDTHS, "ge_u", COMPARE)
def ge_u(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if greater or equal, unsigned, else 0."""
    return m.flag_to_i32(m.le_u(rhs, lhs))
