"""Conversions between number types: wrapping, extending, checked, trapping, saturating, bit for bit."""

from __future__ import annotations

from collections.abc import Callable

from pvm.isa.instruction import Family
from pvm.isa.machine import Machine, Val
from pvm.isa.traps import TrapKind

FAMILY = Family("Conversions", page=0xE0)
OVERFLOW = (TrapKind.INTEGER_OVERFLOW,)
CONVERSION = (TrapKind.INVALID_CONVERSION,)


@FAMILY.instr(0x00, "i32.wrap_i64", "value:i64 -- result:i32")
def wrap(m: Machine, value: Val) -> Val:
    """Low 32 bits."""
    return m.wrap(value)


@FAMILY.instr(0x01, "i64.extend_i32_s", "value:i32 -- result:i64")
def extend_s(m: Machine, value: Val) -> Val:
    """Same value, signed."""
    return m.extend_s(value)


@FAMILY.instr(0x02, "i64.extend_i32_u", "value:i32 -- result:i64")
def extend_u(m: Machine, value: Val) -> Val:
    """Same value, unsigned."""
    return m.extend_u(value)


@FAMILY.instr(0x03, "i32.extend8_s", "value:i32 -- result:i32")
def extend8_32(m: Machine, value: Val) -> Val:
    """Low 8 bits, sign extended."""
    return m.sign_extend(value, 8)


@FAMILY.instr(0x04, "i32.extend16_s", "value:i32 -- result:i32")
def extend16_32(m: Machine, value: Val) -> Val:
    """Low 16 bits, sign extended."""
    return m.sign_extend(value, 16)


@FAMILY.instr(0x05, "i64.extend8_s", "value:i64 -- result:i64")
def extend8_64(m: Machine, value: Val) -> Val:
    """Low 8 bits, sign extended."""
    return m.sign_extend(value, 8)


@FAMILY.instr(0x06, "i64.extend16_s", "value:i64 -- result:i64")
def extend16_64(m: Machine, value: Val) -> Val:
    """Low 16 bits, sign extended."""
    return m.sign_extend(value, 16)


@FAMILY.instr(0x07, "i64.extend32_s", "value:i64 -- result:i64")
def extend32_64(m: Machine, value: Val) -> Val:
    """Low 32 bits, sign extended."""
    return m.sign_extend(value, 32)


def _narrow(m: Machine, value: Val, back: Val) -> None:
    m.trap_if(m.negate(m.eq(value, back)), TrapKind.INTEGER_OVERFLOW)


@FAMILY.instr(0x08, "i32.narrow_i64_s", "value:i64 -- result:i32", traps=OVERFLOW)
def narrow_s(m: Machine, value: Val) -> Val:
    """Same value, signed; traps if it does not fit."""
    _narrow(m, value, m.sign_extend(value, 32))
    return m.wrap(value)


@FAMILY.instr(0x09, "i32.narrow_i64_u", "value:i64 -- result:i32", traps=OVERFLOW)
def narrow_u(m: Machine, value: Val) -> Val:
    """Same value as an unsigned 32-bit number; traps if it does not fit."""
    _narrow(m, value, m.zero_extend(value, 32))
    return m.wrap(value)


@FAMILY.instr(0x0A, "i32.narrow8_s", "value:i32 -- result:i32", traps=OVERFLOW)
def narrow8_s(m: Machine, value: Val) -> Val:
    """Unchanged; traps unless it fits 8 bits, signed."""
    _narrow(m, value, m.sign_extend(value, 8))
    return value


@FAMILY.instr(0x0B, "i32.narrow8_u", "value:i32 -- result:i32", traps=OVERFLOW)
def narrow8_u(m: Machine, value: Val) -> Val:
    """Unchanged; traps unless it fits 8 bits, unsigned."""
    _narrow(m, value, m.zero_extend(value, 8))
    return value


@FAMILY.instr(0x0C, "i32.narrow16_s", "value:i32 -- result:i32", traps=OVERFLOW)
def narrow16_s(m: Machine, value: Val) -> Val:
    """Unchanged; traps unless it fits 16 bits, signed."""
    _narrow(m, value, m.sign_extend(value, 16))
    return value


@FAMILY.instr(0x0D, "i32.narrow16_u", "value:i32 -- result:i32", traps=OVERFLOW)
def narrow16_u(m: Machine, value: Val) -> Val:
    """Unchanged; traps unless it fits 16 bits, unsigned."""
    _narrow(m, value, m.zero_extend(value, 16))
    return value


@FAMILY.instr(0x0E, "i64.narrow_sign", "value:i64 -- result:i64", traps=OVERFLOW)
def narrow_sign(m: Machine, value: Val) -> Val:
    """Unchanged; traps if negative, so that signed and unsigned readings agree."""
    m.trap_if(m.lt_s(value, m.i64(0)), TrapKind.INTEGER_OVERFLOW)
    return value


_LIMITS = {
    # to, signed: exclusive bounds of the untruncated value, as exact doubles; f32 has its own lower bound
    ("i32", True): (-2147483649.0, 2147483648.0),
    ("i32", False): (-1.0, 4294967296.0),
    ("i64", True): (-9223372036854777856.0, 9223372036854775808.0),
    ("i64", False): (-1.0, 18446744073709551616.0),
}


def _fits(m: Machine, value: Val, to: str, *, signed: bool) -> Val:
    low, high = _LIMITS[to, signed]
    if value.kind == "f32":
        low = {-2147483649.0: -2147483904.0, -9223372036854777856.0: -9223373136366403584.0}.get(low, low)
        return m.both(m.flt(m.f32(low), value), m.flt(value, m.f32(high)))
    return m.both(m.flt(m.f64(low), value), m.flt(value, m.f64(high)))


def _truncate(m: Machine, value: Val, to: str, *, signed: bool) -> Val:
    return m.trunc_s(value, to) if signed else m.trunc_u(value, to)


def _trapping(to: str, *, signed: bool) -> Callable[[Machine, Val], Val]:
    def semantics(m: Machine, value: Val) -> Val:
        """Truncate toward zero; traps for NaN and what does not fit."""
        m.trap_if(m.negate(_fits(m, value, to, signed=signed)), TrapKind.INVALID_CONVERSION)
        return _truncate(m, value, to, signed=signed)

    return semantics


def _saturating(to: str, *, signed: bool) -> Callable[[Machine, Val], Val]:
    bits = 32 if to == "i32" else 64
    least = -(1 << (bits - 1)) if signed else 0
    most = (1 << (bits - 1)) - 1 if signed else -1

    def semantics(m: Machine, value: Val) -> Val:
        """Truncate toward zero; the nearest bound for what does not fit, 0 for NaN."""
        constant = m.i32 if to == "i32" else m.i64
        zero = m.f32(0.0) if value.kind == "f32" else m.f64(0.0)
        fits = _fits(m, value, to, signed=signed)
        inside = _truncate(m, m.select(fits, value, zero), to, signed=signed)
        outside = m.select(m.flt(value, zero), constant(least), constant(most))
        outside = m.select(m.is_nan(value), constant(0), outside)
        return m.select(fits, inside, outside)

    return semantics


def _converting(to: str, *, signed: bool) -> Callable[[Machine, Val], Val]:
    def semantics(m: Machine, value: Val) -> Val:
        """Nearest float, ties to even."""
        return m.convert_s(value, to) if signed else m.convert_u(value, to)

    return semantics


for _number, (_to, _from, _sign) in enumerate(
    (to, source, sign) for to in ("i32", "i64") for source in ("f32", "f64") for sign in ("s", "u")
):
    _effect = f"value:{_from} -- result:{_to}"
    FAMILY.instr(0x10 + _number, f"{_to}.trunc_{_from}_{_sign}", _effect, traps=CONVERSION)(
        _trapping(_to, signed=_sign == "s")
    )
    FAMILY.instr(0x18 + _number, f"{_to}.trunc_sat_{_from}_{_sign}", _effect)(_saturating(_to, signed=_sign == "s"))
    FAMILY.instr(0x20 + _number, f"{_from}.convert_{_to}_{_sign}", f"value:{_to} -- result:{_from}")(
        _converting(_from, signed=_sign == "s")
    )


@FAMILY.instr(0x28, "f32.demote_f64", "value:f64 -- result:f32")
def demote(m: Machine, value: Val) -> Val:
    """Nearest binary32, ties to even."""
    return m.demote(value)


@FAMILY.instr(0x29, "f64.promote_f32", "value:f32 -- result:f64")
def promote(m: Machine, value: Val) -> Val:
    """Same value."""
    return m.promote(value)


@FAMILY.instr(0x2A, "i32.bits_f32", "value:f32 -- result:i32")
def bits_f32(m: Machine, value: Val) -> Val:
    """Bits of a float; every NaN gives 0x7fc00000."""
    return m.float_bits(value)


@FAMILY.instr(0x2B, "i64.bits_f64", "value:f64 -- result:i64")
def bits_f64(m: Machine, value: Val) -> Val:
    """Bits of a float; every NaN gives 0x7ff8000000000000."""
    return m.float_bits(value)


@FAMILY.instr(0x2C, "f32.from_bits_i32", "value:i32 -- result:f32")
def from_bits_f32(m: Machine, value: Val) -> Val:
    """Float of these bits."""
    return m.bits_float(value)


@FAMILY.instr(0x2D, "f64.from_bits_i64", "value:i64 -- result:f64")
def from_bits_f64(m: Machine, value: Val) -> Val:
    """Float of these bits."""
    return m.bits_float(value)
