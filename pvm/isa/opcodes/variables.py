"""Constants, locals, globals, and stack operations; no operation moves a value between the stacks."""

from __future__ import annotations

from pvm.isa.instruction import Family
from pvm.isa.machine import Machine, Val

FAMILY = Family("Constants, variables and stacks")


@FAMILY.instr(0x20, "local.get", "-- value:local", imm="index:local")
def local_get(m: Machine, index: int) -> Val:
    """Push a local."""
    return m.local_get(index)


@FAMILY.instr(0x21, "local.set", "value:local --", imm="index:local")
def local_set(m: Machine, index: int, value: Val) -> None:
    """Pop into a local."""
    m.local_set(index, value)


@FAMILY.instr(0x22, "local.tee", "value:local -- value:local", imm="index:local")
def local_tee(m: Machine, index: int, value: Val) -> Val:
    """Copy the top into a local."""
    m.local_set(index, value)
    return value


@FAMILY.instr(0x23, "global.get", "-- value:global", imm="index:global")
def global_get(m: Machine, index: int) -> Val:
    """Push a global."""
    return m.global_get(index)


@FAMILY.instr(0x24, "global.set", "value:global --", imm="index:global")
def global_set(m: Machine, index: int, value: Val) -> None:
    """Pop into a mutable global."""
    m.global_set(index, value)


@FAMILY.instr(0x25, "prim.drop", "value:P --")
def prim_drop(m: Machine, value: Val) -> None:
    """Drop the top of the primitive stack."""


@FAMILY.instr(0x26, "prim.dup", "value:P -- first:P second:P")
def prim_dup(m: Machine, value: Val) -> tuple[Val, Val]:
    """Copy the top of the primitive stack."""
    return value, value


@FAMILY.instr(0x27, "prim.swap", "lower:P upper:Q -- upper:Q lower:P")
def prim_swap(m: Machine, lower: Val, upper: Val) -> tuple[Val, Val]:
    """Exchange the two on top of the primitive stack."""
    return upper, lower


@FAMILY.instr(0x28, "prim.select", "first:P second:P condition:i32 -- value:P")
def prim_select(m: Machine, first: Val, second: Val, condition: Val) -> Val:
    """The first if the condition is not 0, else the second; both have one type."""
    return m.select(m.eq(condition, m.i32(0)), second, first)


@FAMILY.instr(0x29, "ref.drop", "value:R --")
def ref_drop(m: Machine, value: Val) -> None:
    """Drop the top of the reference stack."""


@FAMILY.instr(0x2A, "ref.dup", "value:R -- first:R second:R")
def ref_dup(m: Machine, value: Val) -> tuple[Val, Val]:
    """Copy the top of the reference stack."""
    return value, value


@FAMILY.instr(0x2B, "ref.swap", "lower:R upper:S -- upper:S lower:R")
def ref_swap(m: Machine, lower: Val, upper: Val) -> tuple[Val, Val]:
    """Exchange the two on top of the reference stack."""
    return upper, lower


@FAMILY.instr(0x2C, "ref.select", "first:type second:type condition:i32 -- value:type", imm="type:ref_type")
def ref_select(m: Machine, type_: object, first: Val, second: Val, condition: Val) -> Val:
    """The first if the condition is not 0, else the second; both are of the type."""
    return m.select(m.eq(condition, m.i32(0)), second, first)


@FAMILY.instr(0x30, "i32.const", "-- value:i32", imm="value:i32")
def i32_const(m: Machine, value: int) -> Val:
    """Push a constant."""
    return m.i32(value)


@FAMILY.instr(0x31, "i64.const", "-- value:i64", imm="value:i64")
def i64_const(m: Machine, value: int) -> Val:
    """Push a constant."""
    return m.i64(value)


@FAMILY.instr(0x32, "f32.const", "-- value:f32", imm="value:f32")
def f32_const(m: Machine, value: float) -> Val:
    """Push a constant; a NaN is written canonical."""
    return m.f32(value)


@FAMILY.instr(0x33, "f64.const", "-- value:f64", imm="value:f64")
def f64_const(m: Machine, value: float) -> Val:
    """Push a constant; a NaN is written canonical."""
    return m.f64(value)


@FAMILY.instr(0x34, "string.const", "-- value:string", imm="value:string")
def string_const(m: Machine, value: int) -> Val:
    """Push a string of the constant pool; one constant is one object."""
    return m.string_const(value)


@FAMILY.instr(0x35, "ref.null", "-- value:null")
def ref_null(m: Machine) -> Val:
    """Push null, which is of every nullable type."""
    return m.null()
