"""Raw memory: privileged, for the runtime image only (architecture.md, decision 3).

Addresses are byte offsets into the cage.  Accesses need no alignment and are little endian.
"""

from __future__ import annotations

from collections.abc import Callable

from pvm.isa.instruction import Family
from pvm.isa.machine import Machine, Val
from pvm.isa.traps import TrapKind

FAMILY = Family("Raw memory", page=0xF0)
BOUNDS = (TrapKind.MEMORY_OUT_OF_BOUNDS,)


def _check(m: Machine, address: Val, count: Val) -> None:
    size = m.memory_size()
    outside = m.negate(m.le_u(address, size))
    too_many = m.negate(m.le_u(count, m.sub(size, address)))
    m.trap_if(m.either(outside, too_many), TrapKind.MEMORY_OUT_OF_BOUNDS)


@FAMILY.instr(0x00, "memory.size", "-- bytes:i64", privileged=True)
def memory_size(m: Machine) -> Val:
    """Bytes that are committed."""
    return m.memory_size()


@FAMILY.instr(0x01, "memory.grow", "bytes:i64 -- bytes:i64", privileged=True)
def memory_grow(m: Machine, size: Val) -> Val:
    """Commit up to a new size; gives it, or -1, and no change, if it is below the old one or above the limit."""
    return m.memory_grow(size)


@FAMILY.instr(0x02, "memory.copy", "to:i64 from:i64 count:i64 --", privileged=True, traps=BOUNDS)
def memory_copy(m: Machine, to: Val, source: Val, count: Val) -> None:
    """Copy bytes; the ranges may overlap."""
    _check(m, to, count)
    _check(m, source, count)
    m.memory_copy(to, source, count)


@FAMILY.instr(0x03, "memory.fill", "to:i64 byte:i32 count:i64 --", privileged=True, traps=BOUNDS)
def memory_fill(m: Machine, to: Val, byte: Val, count: Val) -> None:
    """Set bytes to the low 8 bits of a value."""
    _check(m, to, count)
    m.memory_fill(to, byte, count)


def _load(width: int, to: str, *, signed: bool) -> Callable[[Machine, Val], Val]:
    def semantics(m: Machine, address: Val) -> Val:
        """Load and extend to the value type; for a float, the float of these bits."""
        _check(m, address, m.i64(width))
        return m.memory_load(address, width, to, signed=signed)

    return semantics


def _store(width: int) -> Callable[[Machine, Val, Val], None]:
    def semantics(m: Machine, address: Val, value: Val) -> None:
        """Store the low bytes; every NaN is stored canonical."""
        _check(m, address, m.i64(width))
        m.memory_store(address, value, width)

    return semantics


_LOADS = (
    (0x10, "i32.load8_s", 1, "i32", True),
    (0x11, "i32.load8_u", 1, "i32", False),
    (0x12, "i32.load16_s", 2, "i32", True),
    (0x13, "i32.load16_u", 2, "i32", False),
    (0x14, "i32.load", 4, "i32", True),
    (0x15, "i64.load32_s", 4, "i64", True),
    (0x16, "i64.load32_u", 4, "i64", False),
    (0x17, "i64.load", 8, "i64", True),
    (0x18, "f32.load", 4, "f32", True),
    (0x19, "f64.load", 8, "f64", True),
)
_STORES = (
    (0x20, "i32.store8", 1, "i32"),
    (0x21, "i32.store16", 2, "i32"),
    (0x22, "i32.store", 4, "i32"),
    (0x23, "i64.store32", 4, "i64"),
    (0x24, "i64.store", 8, "i64"),
    (0x25, "f32.store", 4, "f32"),
    (0x26, "f64.store", 8, "f64"),
)
for _code, _name, _width, _type, _signed in _LOADS:
    FAMILY.instr(_code, _name, f"address:i64 -- value:{_type}", privileged=True, traps=BOUNDS)(
        _load(_width, _type, signed=_signed)
    )
for _code, _name, _width, _type in _STORES:
    FAMILY.instr(_code, _name, f"address:i64 value:{_type} --", privileged=True, traps=BOUNDS)(_store(_width))
