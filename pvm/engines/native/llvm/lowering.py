"""Instruction semantics to LLVM IR: numbers, flags, traps and raw memory of ``pvm.isa.machine``.

``Val.raw`` is an operand text.  What LLVM calls undefined or poison cannot occur: the table's entries trap before, and
every precondition of a primitive is one that they keep.  Floats are strict; NaN bits are whatever the hardware makes of
them until they can be seen, and canonical there.
"""

from __future__ import annotations

import struct
from abc import ABC, abstractmethod

from pvm.engines.native.layout import control_word
from pvm.engines.native.llvm.text import FunctionText
from pvm.isa.machine import Val
from pvm.isa.traps import TrapKind

IR_TYPES = {"i32": "i32", "i64": "i64", "f32": "float", "f64": "double", "ref": "i32", "flag": "i1"}
NAN_BITS = {"f32": ("i32", 0x7FC00000), "f64": ("i64", 0x7FF8000000000000)}
FALSE = Val("false", "flag")
TRUE = Val("true", "flag")
_INTERRUPT = str(control_word("interrupt"))
"""The word that another thread of the host may set: a load of it stays in the loop where it stands."""


def ir_type(kind: str) -> str:
    """The IR type of a kind of value."""
    return IR_TYPES[kind]


def float_text(value: float) -> str:
    """A float constant; f32 values are written as the double that equals them."""
    if value != value:  # noqa: PLR0124 - the test for NaN
        return "0x7FF8000000000000"
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


def is_constant(raw: str) -> bool:
    """Whether an operand is a number."""
    return raw[0] not in "%@"


class Lowering(ABC):
    """The part of the machine that needs no heap.  A subclass says what a trap, a local and a global are.

    Where a constant is asked for, a ``Val`` is taken as it is: the immediates of an interpreter are values of run time.
    """

    def __init__(self, text: FunctionText, cage: str = "%cage") -> None:
        self.text = text
        self.cage = cage
        self._traps: dict[TrapKind, str] = {}

    # Hooks

    @abstractmethod
    def trap(self, kind: TrapKind) -> None:
        """End the current block, which is cold, with a trap."""

    def begin(self) -> None:
        """Start an instruction: traps of the last one are not shared with it."""
        self._traps.clear()

    def trap_if(self, condition: Val, kind: TrapKind) -> None:
        if condition.raw == "false":
            return
        label = self._traps.get(kind)
        if label is None:
            label = self._traps[kind] = self.text.fresh_label("trap")
            with self.text.cold(label):
                self.trap(kind)
        self.text.branch_away(self.raw(condition), label)

    @staticmethod
    def raw(value: Val) -> str:
        """The operand text of a value."""
        return value.raw  # type: ignore[return-value] # of a Lowering it is text

    # Constants

    def i32(self, value: int | Val) -> Val:
        return value if isinstance(value, Val) else Val(str(value), "i32")

    def i64(self, value: int | Val) -> Val:
        return value if isinstance(value, Val) else Val(str(value), "i64")

    def f32(self, value: float | Val) -> Val:
        return value if isinstance(value, Val) else Val(float_text(value), "f32")

    def f64(self, value: float | Val) -> Val:
        return value if isinstance(value, Val) else Val(float_text(value), "f64")

    def int_like(self, like: Val, value: int) -> Val:
        return Val(str(value), like.kind)

    def null(self) -> Val:
        return Val("0", "ref")

    # Integers

    def binary(self, operation: str, a: Val, b: Val) -> Val:
        """An instruction of two operands of one type."""
        return Val(self.text.pure(f"{operation} {IR_TYPES[a.kind]} {a.raw}, {b.raw}"), a.kind)

    def add(self, a: Val, b: Val) -> Val:
        return self.binary("add", a, b)

    def sub(self, a: Val, b: Val) -> Val:
        return self.binary("sub", a, b)

    def mul(self, a: Val, b: Val) -> Val:
        return self.binary("mul", a, b)

    def mul_high_s(self, a: Val, b: Val) -> Val:
        return self._mul_high("sext", a, b)

    def mul_high_u(self, a: Val, b: Val) -> Val:
        return self._mul_high("zext", a, b)

    def _mul_high(self, extend: str, a: Val, b: Val) -> Val:
        pure = self.text.pure
        bits = 32 if a.kind == "i32" else 64
        wide = f"i{2 * bits}"
        product = pure(
            f"mul {wide} {pure(f'{extend} {a.kind} {a.raw} to {wide}')}, {pure(f'{extend} {a.kind} {b.raw} to {wide}')}"
        )
        return Val(pure(f"trunc {wide} {pure(f'lshr {wide} {product}, {bits}')} to {a.kind}"), a.kind)

    def div_s(self, a: Val, b: Val) -> Val:
        return self.binary("sdiv", a, b)

    def div_u(self, a: Val, b: Val) -> Val:
        return self.binary("udiv", a, b)

    def rem_s(self, a: Val, b: Val) -> Val:
        return self.binary("srem", a, b)

    def rem_u(self, a: Val, b: Val) -> Val:
        return self.binary("urem", a, b)

    def bit_and(self, a: Val, b: Val) -> Val:
        if is_constant(self.raw(a)) and is_constant(self.raw(b)):  # shift counts
            return Val(str(int(self.raw(a)) & int(self.raw(b))), a.kind)
        return self.binary("and", a, b)

    def bit_or(self, a: Val, b: Val) -> Val:
        return self.binary("or", a, b)

    def bit_xor(self, a: Val, b: Val) -> Val:
        return self.binary("xor", a, b)

    def shl(self, a: Val, count: Val) -> Val:
        return self.binary("shl", a, count)

    def shr_s(self, a: Val, count: Val) -> Val:
        return self.binary("ashr", a, count)

    def shr_u(self, a: Val, count: Val) -> Val:
        return self.binary("lshr", a, count)

    def rotl(self, a: Val, count: Val) -> Val:
        return self._intrinsic("fshl", a, a, count)

    def rotr(self, a: Val, count: Val) -> Val:
        return self._intrinsic("fshr", a, a, count)

    def clz(self, a: Val) -> Val:
        return self._count("ctlz", a)

    def ctz(self, a: Val) -> Val:
        return self._count("cttz", a)

    def popcnt(self, a: Val) -> Val:
        return self._intrinsic("ctpop", a)

    def _count(self, name: str, a: Val) -> Val:
        kind = a.kind
        return Val(self.text.call(kind, f"llvm.{name}.{kind}", f"{kind} {a.raw}, i1 false", f"{kind}, i1"), kind)

    def _intrinsic(self, name: str, *operands: Val) -> Val:
        """An intrinsic whose operands and result have one type."""
        kind = operands[0].kind
        type_ = IR_TYPES[kind]
        arguments = ", ".join(f"{type_} {each.raw}" for each in operands)
        parameters = ", ".join([type_] * len(operands))
        return Val(self.text.call(type_, f"llvm.{name}.{kind}", arguments, parameters), kind)

    def add_overflows_s(self, a: Val, b: Val) -> Val:
        return self._overflow("sadd", "add", a, b)

    def add_overflows_u(self, a: Val, b: Val) -> Val:
        return self._overflow("uadd", "add", a, b)

    def sub_overflows_s(self, a: Val, b: Val) -> Val:
        return self._overflow("ssub", "sub", a, b)

    def sub_overflows_u(self, a: Val, b: Val) -> Val:
        return self._overflow("usub", "sub", a, b)

    def mul_overflows_s(self, a: Val, b: Val) -> Val:
        return self._overflow("smul", "mul", a, b)

    def mul_overflows_u(self, a: Val, b: Val) -> Val:
        return self._overflow("umul", "mul", a, b)

    def _overflow(self, name: str, wrapping: str, a: Val, b: Val) -> Val:
        """The flag; the wrapping operation on the same operands, which follows, is the other half of the pair."""
        kind, text = a.kind, self.text
        pair = f"{{ {kind}, i1 }}"
        both = text.call(
            pair, f"llvm.{name}.with.overflow.{kind}", f"{kind} {a.raw}, {kind} {b.raw}", f"{kind}, {kind}"
        )
        text.know(f"{wrapping} {kind} {a.raw}, {b.raw}", text.pure(f"extractvalue {pair} {both}, 0"))
        return Val(text.pure(f"extractvalue {pair} {both}, 1"), "flag")

    # Comparisons

    def compare(self, condition: str, a: Val, b: Val) -> Val:
        """A comparison: ``icmp ult``, ``fcmp oeq``."""
        return Val(self.text.pure(f"{condition} {IR_TYPES[a.kind]} {a.raw}, {b.raw}"), "flag")

    def eq(self, a: Val, b: Val) -> Val:
        return self.compare("icmp eq", a, b)

    def lt_s(self, a: Val, b: Val) -> Val:
        return self.compare("icmp slt", a, b)

    def lt_u(self, a: Val, b: Val) -> Val:
        return self.compare("icmp ult", a, b)

    def le_s(self, a: Val, b: Val) -> Val:
        return self.compare("icmp sle", a, b)

    def le_u(self, a: Val, b: Val) -> Val:
        return self.compare("icmp ule", a, b)

    def feq(self, a: Val, b: Val) -> Val:
        return self.compare("fcmp oeq", a, b)

    def flt(self, a: Val, b: Val) -> Val:
        return self.compare("fcmp olt", a, b)

    def fle(self, a: Val, b: Val) -> Val:
        return self.compare("fcmp ole", a, b)

    def is_nan(self, a: Val) -> Val:
        return self.compare("fcmp uno", a, a)

    def ref_eq(self, a: Val, b: Val) -> Val:
        return self.compare("icmp eq", a, b)

    def is_null(self, a: Val) -> Val:
        return self.compare("icmp eq", a, self.null())

    # Flags

    def both(self, a: Val, b: Val) -> Val:
        return Val(self.text.pure(f"and i1 {a.raw}, {b.raw}"), "flag")

    def either(self, a: Val, b: Val) -> Val:
        return Val(self.text.pure(f"or i1 {a.raw}, {b.raw}"), "flag")

    def negate(self, a: Val) -> Val:
        if a.raw in {"true", "false"}:
            return FALSE if a.raw == "true" else TRUE
        return Val(self.text.pure(f"xor i1 {a.raw}, true"), "flag")

    def flag_to_i32(self, a: Val) -> Val:
        return Val(self.text.pure(f"zext i1 {a.raw} to i32"), "i32")

    def select(self, condition: Val, a: Val, b: Val) -> Val:
        type_ = IR_TYPES[a.kind]
        return Val(self.text.pure(f"select i1 {condition.raw}, {type_} {a.raw}, {type_} {b.raw}"), a.kind)

    # Conversions

    def convert(self, operation: str, a: Val, to: str) -> Val:
        """A cast: ``zext``, ``sitofp``, ``bitcast``."""
        return Val(self.text.pure(f"{operation} {IR_TYPES[a.kind]} {a.raw} to {IR_TYPES[to]}"), to)

    def wrap(self, a: Val) -> Val:
        return self.convert("trunc", a, "i32")

    def extend_s(self, a: Val) -> Val:
        return self.convert("sext", a, "i64")

    def extend_u(self, a: Val) -> Val:
        return self.convert("zext", a, "i64")

    def sign_extend(self, a: Val, bits: int) -> Val:
        narrow = self.text.pure(f"trunc {a.kind} {a.raw} to i{bits}")
        return Val(self.text.pure(f"sext i{bits} {narrow} to {a.kind}"), a.kind)

    def zero_extend(self, a: Val, bits: int) -> Val:
        return self.binary("and", a, self.int_like(a, (1 << bits) - 1))

    def trunc_s(self, a: Val, to: str) -> Val:
        return self.convert("fptosi", a, to)

    def trunc_u(self, a: Val, to: str) -> Val:
        return self.convert("fptoui", a, to)

    def convert_s(self, a: Val, to: str) -> Val:
        return self.convert("sitofp", a, to)

    def convert_u(self, a: Val, to: str) -> Val:
        return self.convert("uitofp", a, to)

    def promote(self, a: Val) -> Val:
        return self.convert("fpext", a, "f64")

    def demote(self, a: Val) -> Val:
        return self.convert("fptrunc", a, "f32")

    def float_bits(self, a: Val) -> Val:
        kind, nan = NAN_BITS[a.kind]
        return self.select(self.is_nan(a), Val(str(nan), kind), self.convert("bitcast", a, kind))

    def bits_float(self, a: Val) -> Val:
        return self.convert("bitcast", a, "f32" if a.kind == "i32" else "f64")

    # Floats

    def fadd(self, a: Val, b: Val) -> Val:
        return self.binary("fadd", a, b)

    def fsub(self, a: Val, b: Val) -> Val:
        return self.binary("fsub", a, b)

    def fmul(self, a: Val, b: Val) -> Val:
        return self.binary("fmul", a, b)

    def fdiv(self, a: Val, b: Val) -> Val:
        return self.binary("fdiv", a, b)

    def fneg(self, a: Val) -> Val:
        return Val(self.text.pure(f"fneg {IR_TYPES[a.kind]} {a.raw}"), a.kind)

    def fabs(self, a: Val) -> Val:
        return self._intrinsic("fabs", a)

    def fsqrt(self, a: Val) -> Val:
        return self._intrinsic("sqrt", a)

    def ffloor(self, a: Val) -> Val:
        return self._intrinsic("floor", a)

    def fceil(self, a: Val) -> Val:
        return self._intrinsic("ceil", a)

    def ftrunc(self, a: Val) -> Val:
        return self._intrinsic("trunc", a)

    def fnearest(self, a: Val) -> Val:
        return self._intrinsic("roundeven", a)

    def fmin(self, a: Val, b: Val) -> Val:
        return self._intrinsic("minimum", a, b)

    def fmax(self, a: Val, b: Val) -> Val:
        return self._intrinsic("maximum", a, b)

    def fcopysign(self, a: Val, sign: Val) -> Val:
        return self._intrinsic("copysign", a, sign)

    # Addresses

    def pointer(self, address: Val, offset: int | str = 0) -> str:
        """A pointer to what is ``offset`` bytes behind an address in the cage; of an i64 the low 32 bits count."""
        pure = self.text.pure
        if address.kind == "i64":
            address = self.wrap(address)
        base = pure(f"getelementptr i8, ptr {self.cage}, i64 {pure(f'zext i32 {address.raw} to i64')}")
        return pure(f"getelementptr i8, ptr {base}, i64 {offset}") if offset != 0 else base

    def word(self, address: int) -> str:
        """A pointer to a fixed address of the cage."""
        return self.text.pure(f"getelementptr i8, ptr {self.cage}, i64 {address}")

    # Raw memory: trusted, so an address is cut to 32 bits and then cannot leave the cage and its guard

    def memory_size(self) -> Val:
        return self.i64(1 << 32)

    def memory_grow(self, size: Val) -> Val:
        return self.select(self.eq(size, self.i64(1 << 32)), size, self.i64(-1))

    def memory_load(self, address: Val, width: int, to: str, *, signed: bool) -> Val:
        pointer = self.pointer(address)
        whole = 4 if to in {"i32", "f32"} else 8
        if width == whole:
            volatile = "volatile " if address.raw == _INTERRUPT else ""
            return Val(self.text.value(f"load {volatile}{IR_TYPES[to]}, ptr {pointer}, align 1"), to)
        narrow = self.text.value(f"load i{8 * width}, ptr {pointer}, align 1")
        return Val(self.text.pure(f"{'sext' if signed else 'zext'} i{8 * width} {narrow} to {to}"), to)

    def memory_store(self, address: Val, value: Val, width: int) -> None:
        if value.kind[0] == "f":
            value = self.float_bits(value)
        bits = 8 * width
        raw = value.raw
        if value.kind != f"i{bits}":
            raw = self.text.pure(f"trunc {value.kind} {raw} to i{bits}")
        self.text.line(f"store i{bits} {raw}, ptr {self.pointer(address)}, align 1")

    def memory_copy(self, to: Val, source: Val, count: Val) -> None:
        self.move_bytes(self.pointer(to), self.pointer(source), self._low(count))

    def memory_fill(self, to: Val, byte: Val, count: Val) -> None:
        self.fill_bytes(self.pointer(to), byte, self._low(count))

    def _low(self, count: Val) -> str:
        return self.text.pure(f"and i64 {count.raw}, 4294967295")

    def move_bytes(self, to: str, source: str, count: str) -> None:
        """Copy an i64 of bytes between pointers; the ranges may overlap."""
        symbol = self.text.module.declare("llvm.memmove.p0.p0.i64", "void (ptr, ptr, i64, i1)")
        self.text.line(f"call void {symbol}(ptr {to}, ptr {source}, i64 {count}, i1 false)")

    def fill_bytes(self, to: str, byte: Val, count: str) -> None:
        """Set an i64 of bytes to the low bits of an i32."""
        symbol = self.text.module.declare("llvm.memset.p0.i64", "void (ptr, i8, i64, i1)")
        narrow = self.text.pure(f"trunc i32 {byte.raw} to i8")
        self.text.line(f"call void {symbol}(ptr {to}, i8 {narrow}, i64 {count}, i1 false)")
