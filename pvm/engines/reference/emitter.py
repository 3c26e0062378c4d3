"""``PythonEmitter``: the abstract machine whose values are Python expressions (see ``expression.py``).

Semantics of the table run against it once for each instruction of a function, and leave statements
in ``lines`` and expressions on the two operand stacks.  Hot primitives are inlined where bounds
prove a shape that gives the same value; in ``strict`` mode every primitive is a call of
``primitives.py``, whose assertions watch the preconditions.

Names in the text: ``l0``… locals, ``p0``/``r0``… operand slots at block edges, ``t0``… temporaries,
``f`` the fuel budget, ``d`` the stack budget; upper-case names and ``P_*`` live in the namespace.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pvm.engines.reference import primitives
from pvm.engines.reference.emitter_heap import HeapEmitter
from pvm.engines.reference.expression import MAX_DEPTH, RANGES, Expr, Fact, Range, constant
from pvm.isa.machine import Val

_SMALL = 1 << 30
_MASK = {"i32": "0xFFFFFFFF", "i64": "0xFFFFFFFFFFFFFFFF"}
_MINIMUM = {"i32": "-2147483648", "i64": "-9223372036854775808"}
_MAXIMUM = {"i32": "2147483647", "i64": "9223372036854775807"}
_BITS = {"i32": 32, "i64": 64}
_ARITHMETIC: dict[str, Callable[[int, int], int]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
}


class PythonEmitter(HeapEmitter):
    """Numbers, comparisons and conversions; variables and the heap are in the base."""

    # Constants

    def i32(self, value: int) -> Expr:
        return constant(value, "i32")

    def i64(self, value: int) -> Expr:
        return constant(value, "i64")

    def f32(self, value: float) -> Expr:
        return constant(primitives.round_f32(value), "f32")

    def f64(self, value: float) -> Expr:
        return constant(value, "f64")

    def int_like(self, like: Val, value: int) -> Expr:
        return constant(value, like.kind)

    # Integers

    def _call(self, name: str, kind: str, operands: Iterable[Expr], *rest: object, bounds: Range | None = None) -> Expr:
        """A primitive as a call, or its value if all operands are constants."""
        listed = tuple(operands)
        if not self.strict and all(each.const is not None for each in listed):
            return constant(getattr(primitives, name)(*(each.const for each in listed), *rest), kind)
        arguments = ", ".join([*(each.raw for each in listed), *map(repr, rest)])
        return self.make(f"P_{name}({arguments})", kind, listed, atom=True, bounds=bounds)

    def _arithmetic(self, operator: str, name: str, a: Expr, b: Expr) -> Expr:
        if self.strict or (a.const is not None and b.const is not None):
            return self._call(name, a.kind, (a, b), _BITS[a.kind])
        known = self.proved.get((operator, a.raw, b.raw))
        if known is not None:
            return known
        bounds = _bounds(operator, a, b)
        least, most = RANGES[a.kind]
        if least <= bounds[0] and bounds[1] <= most:
            return self.make(f"{a.text} {operator} {b.text}", a.kind, (a, b), bounds=bounds)
        name = self.temporary()
        self.line(f"{name} = {a.text} {operator} {b.text}")
        test = f"{_MINIMUM[a.kind]} <= {name} <= {_MAXIMUM[a.kind]}"
        self.line(f"if not {-_SMALL} < {name} < {_SMALL} and not {test}: {name} = P_wrap{_BITS[a.kind]}({name})")
        return self.variable(name, a.kind)

    def add(self, a: Expr, b: Expr) -> Expr:
        return self._arithmetic("+", "add", a, b)

    def sub(self, a: Expr, b: Expr) -> Expr:
        return self._arithmetic("-", "sub", a, b)

    def mul(self, a: Expr, b: Expr) -> Expr:
        return self._arithmetic("*", "mul", a, b)

    def _overflows(self, operator: str, name: str, a: Expr, b: Expr) -> Expr:
        if self.strict:
            return self._call(name, "flag", (a, b), _BITS[a.kind])
        low, high = _bounds(operator, a, b)
        least, most = RANGES[a.kind]
        if least <= low and high <= most:
            return constant(value=False, kind="flag")
        name = self.temporary()
        self.line(f"{name} = {a.text} {operator} {b.text}")
        flag = self.make(_outside(name, low, high, a.kind), "flag", ())
        flag.names = frozenset((name,))
        flag.origin = ("overflow", operator, a.raw, b.raw, name, a.kind, (max(low, least), min(high, most)))
        return flag

    def add_overflows_s(self, a: Expr, b: Expr) -> Expr:
        return self._overflows("+", "add_overflows_s", a, b)

    def sub_overflows_s(self, a: Expr, b: Expr) -> Expr:
        return self._overflows("-", "sub_overflows_s", a, b)

    def mul_overflows_s(self, a: Expr, b: Expr) -> Expr:
        return self._overflows("*", "mul_overflows_s", a, b)

    def add_overflows_u(self, a: Expr, b: Expr) -> Expr:
        return self._call("add_overflows_u", "flag", (a, b), _BITS[a.kind])

    def sub_overflows_u(self, a: Expr, b: Expr) -> Expr:
        return self._call("sub_overflows_u", "flag", (a, b), _BITS[a.kind])

    def mul_overflows_u(self, a: Expr, b: Expr) -> Expr:
        return self._call("mul_overflows_u", "flag", (a, b), _BITS[a.kind])

    def mul_high_s(self, a: Expr, b: Expr) -> Expr:
        return self._call("mul_high_s", a.kind, (a, b), _BITS[a.kind])

    def mul_high_u(self, a: Expr, b: Expr) -> Expr:
        return self._call("mul_high_u", a.kind, (a, b), _BITS[a.kind])

    def _division(self, operator: str, name: str, a: Expr, b: Expr) -> Expr:
        if not self.strict and a.const is None and b.const is not None and b.const > 0:
            text = f"{a.text} {operator} {b.raw}"
            if a.low >= 0:
                high = a.high // int(b.const) if operator == "//" else min(a.high, int(b.const) - 1)
                return self.make(text, a.kind, (a, b), bounds=(0, high))
            if a.atom:
                return self.make(f"{text} if {a.raw} >= 0 else -(-{text})", a.kind, (a, b))
        return self._call(name, a.kind, (a, b), _BITS[a.kind])

    def div_s(self, a: Expr, b: Expr) -> Expr:
        return self._division("//", "div_s", a, b)

    def rem_s(self, a: Expr, b: Expr) -> Expr:
        return self._division("%", "rem_s", a, b)

    def div_u(self, a: Expr, b: Expr) -> Expr:
        return self.div_s(a, b) if _both_positive(a, b) else self._call("div_u", a.kind, (a, b), _BITS[a.kind])

    def rem_u(self, a: Expr, b: Expr) -> Expr:
        return self.rem_s(a, b) if _both_positive(a, b) else self._call("rem_u", a.kind, (a, b), _BITS[a.kind])

    def _bitwise(self, operator: str, name: str, a: Expr, b: Expr, bounds: Range | None = None) -> Expr:
        if self.strict or (a.const is not None and b.const is not None):
            return self._call(name, a.kind, (a, b), bounds=bounds)
        return self.make(f"{a.text} {operator} {b.text}", a.kind, (a, b), bounds=bounds)

    def bit_and(self, a: Expr, b: Expr) -> Expr:
        for mask, other in ((b, a), (a, b)):
            if mask.const is not None and mask.low >= 0 and not self.strict:
                size = int(mask.const) + 1
                if size & (size - 1) == 0 and other.low >= 0 and other.high < size:
                    return other
        highs = [each.high for each in (a, b) if each.low >= 0]
        return self._bitwise("&", "bit_and", a, b, (0, min(highs)) if highs else None)

    def bit_or(self, a: Expr, b: Expr) -> Expr:
        return self._bitwise("|", "bit_or", a, b, _joined(a, b))

    def bit_xor(self, a: Expr, b: Expr) -> Expr:
        return self._bitwise("^", "bit_xor", a, b, _joined(a, b))

    def shl(self, a: Expr, count: Expr) -> Expr:
        if not self.strict and count.const is not None and a.const is None:
            shift = int(count.const)
            low, high = a.low << shift, a.high << shift
            least, most = RANGES[a.kind]
            if least <= low and high <= most:
                return self.make(f"{a.text} << {shift}", a.kind, (a,), bounds=(low, high))
        return self._call("shl", a.kind, (a, count), _BITS[a.kind])

    def shr_s(self, a: Expr, count: Expr) -> Expr:
        if self.strict or (a.const is not None and count.const is not None):
            return self._call("shr_s", a.kind, (a, count), _BITS[a.kind])
        bounds = None
        if count.const is not None:
            bounds = (a.low >> int(count.const), a.high >> int(count.const))
        elif a.low >= 0:
            bounds = (0, a.high)
        return self.make(f"{a.text} >> {count.text}", a.kind, (a, count), bounds=bounds)

    def shr_u(self, a: Expr, count: Expr) -> Expr:
        if not self.strict and a.const is None:
            if a.low >= 0:
                return self.shr_s(a, count)
            if count.const is not None and count.const > 0:
                high = primitives.MASK[_BITS[a.kind]] >> int(count.const)
                return self.make(f"({a.text} & {_MASK[a.kind]}) >> {count.raw}", a.kind, (a,), bounds=(0, high))
        return self._call("shr_u", a.kind, (a, count), _BITS[a.kind])

    def rotl(self, a: Expr, count: Expr) -> Expr:
        return self._call("rotl", a.kind, (a, count), _BITS[a.kind])

    def rotr(self, a: Expr, count: Expr) -> Expr:
        return self._call("rotr", a.kind, (a, count), _BITS[a.kind])

    def clz(self, a: Expr) -> Expr:
        return self._call("clz", a.kind, (a,), _BITS[a.kind], bounds=(0, 64))

    def ctz(self, a: Expr) -> Expr:
        return self._call("ctz", a.kind, (a,), _BITS[a.kind], bounds=(0, 64))

    def popcnt(self, a: Expr) -> Expr:
        return self._call("popcnt", a.kind, (a,), _BITS[a.kind], bounds=(0, 64))

    # Comparisons

    def _compare(self, operator: str, opposite: str | None, name: str, a: Expr, b: Expr) -> Expr:
        if self.strict or (a.const is not None and b.const is not None):
            return self._call(name, "flag", (a, b))
        flag = self.make(f"{a.text} {operator} {b.text}", "flag", (a, b))
        if opposite is not None:
            flag.negated = f"{a.text} {opposite} {b.text}"
        return flag

    def eq(self, a: Expr, b: Expr) -> Expr:
        if b.const == 0 and a.flag is not None and not self.strict:
            return self.negate(a.flag)
        if b.origin and b.origin[0] == "extension" and b.origin[1] == a.raw and not self.strict:
            low, high = b.low, b.high
            flag = self.make(f"{low} <= {a.text} <= {high}", "flag", (a,))
            flag.negated = f"not {flag.raw}"
            flag.if_true = ((a.raw, low, high),)
            return flag
        flag = self._compare("==", "!=", "eq", a, b)
        flag.if_true = ((a.raw, b.low, b.high), (b.raw, a.low, a.high))
        return flag

    def lt_s(self, a: Expr, b: Expr) -> Expr:
        flag = self._compare("<", ">=", "lt_s", a, b)
        flag.if_true = ((a.raw, a.low, b.high - 1), (b.raw, a.low + 1, b.high))
        flag.if_false = ((a.raw, b.low, a.high), (b.raw, b.low, a.high))
        return flag

    def le_s(self, a: Expr, b: Expr) -> Expr:
        flag = self._compare("<=", ">", "le_s", a, b)
        flag.if_true = ((a.raw, a.low, b.high), (b.raw, a.low, b.high))
        flag.if_false = ((a.raw, b.low + 1, a.high), (b.raw, b.low, a.high - 1))
        return flag

    def _unsigned(self, operator: str, name: str, a: Expr, b: Expr, less: int) -> Expr:
        if self.strict or (a.const is not None and b.const is not None):
            return self._call(name, "flag", (a, b), _BITS[a.kind])
        if b.low < 0:
            mask = _MASK[a.kind]
            return self.make(f"({a.text} & {mask}) {operator} ({b.text} & {mask})", "flag", (a, b))
        if a.low >= 0:
            return self.lt_s(a, b) if less else self.le_s(a, b)
        flag = self.make(f"0 <= {a.text} {operator} {b.text}", "flag", (a, b))
        flag.if_true = ((a.raw, 0, b.high - less),)
        return flag

    def lt_u(self, a: Expr, b: Expr) -> Expr:
        return self._unsigned("<", "lt_u", a, b, 1)

    def le_u(self, a: Expr, b: Expr) -> Expr:
        return self._unsigned("<=", "le_u", a, b, 0)

    def feq(self, a: Expr, b: Expr) -> Expr:
        return self._compare("==", "!=", "feq", a, b)

    def flt(self, a: Expr, b: Expr) -> Expr:
        return self._compare("<", None, "flt", a, b)

    def fle(self, a: Expr, b: Expr) -> Expr:
        return self._compare("<=", None, "fle", a, b)

    def is_nan(self, a: Expr) -> Expr:
        if self.strict or not a.atom or a.const is not None:
            return self._call("is_nan", "flag", (a,))
        flag = self.make(f"{a.raw} != {a.raw}", "flag", (a,))
        flag.negated = f"{a.raw} == {a.raw}"
        return flag

    # Flags

    def both(self, a: Expr, b: Expr) -> Expr:
        if a.const is not None or b.const is not None:
            return (b if a.const else a) if a.const is not None else (a if b.const else b)
        flag = self.make(f"{a.text} and {b.text}", "flag", (a, b))
        flag.if_true = a.if_true + b.if_true
        return flag

    def either(self, a: Expr, b: Expr) -> Expr:
        if a.const is not None or b.const is not None:
            return (a if a.const else b) if a.const is not None else (b if b.const else a)
        flag = self.make(f"{a.text} or {b.text}", "flag", (a, b))
        flag.if_false = a.if_false + b.if_false
        return flag

    def negate(self, a: Expr) -> Expr:
        if a.const is not None:
            return constant(not a.const, "flag")
        flag = self.make(a.opposite, "flag", (a,))
        flag.negated = a.raw
        flag.if_true, flag.if_false = a.if_false, a.if_true
        return flag

    def flag_to_i32(self, a: Expr) -> Expr:
        if a.const is not None:
            return constant(int(a.const), "i32")
        made = self.make(f"1 if {a.raw} else 0", "i32", (a,), bounds=(0, 1))
        made.flag = a
        return made

    def select(self, condition: Expr, a: Expr, b: Expr) -> Expr:
        if condition.const is not None:
            return a if condition.const else b
        bounds = (min(a.low, b.low), max(a.high, b.high))
        return self.make(f"{a.text} if {condition.text} else {b.text}", a.kind, (condition, a, b), bounds=bounds)

    # Conversions

    def wrap(self, a: Expr) -> Expr:
        if a.const is not None or self.strict:
            return self._call("wrap32", "i32", (a,))
        if _within(a, RANGES["i32"]):
            return self.recast(a, "i32")
        return self._call("wrap32", "i32", (a,))

    def extend_s(self, a: Expr) -> Expr:
        return constant(a.const, "i64") if a.const is not None else self.recast(a, "i64")

    def extend_u(self, a: Expr) -> Expr:
        if a.const is not None or self.strict:
            return self._call("extend_u", "i64", (a,), bounds=(0, 0xFFFFFFFF))
        if a.low >= 0:
            return self.recast(a, "i64")
        return self.make(f"{a.text} & 0xFFFFFFFF", "i64", (a,), bounds=(0, 0xFFFFFFFF))

    def sign_extend(self, a: Expr, bits: int) -> Expr:
        bounds = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        if not self.strict and a.const is None and _within(a, bounds):
            return a
        made = self._call("sign_extend", a.kind, (a,), bits, bounds=bounds)
        made.origin = ("extension", a.raw)
        return made

    def zero_extend(self, a: Expr, bits: int) -> Expr:
        bounds = (0, (1 << bits) - 1)
        if self.strict or a.const is not None:
            return self._call("zero_extend", a.kind, (a,), bits, bounds=bounds)
        if _within(a, bounds):
            return a
        made = self.make(f"{a.text} & {bounds[1]}", a.kind, (a,), bounds=bounds)
        made.origin = ("extension", a.raw)
        return made

    def trunc_s(self, a: Expr, to: str) -> Expr:
        return self._call("trunc_s", to, (a,), _BITS[to])

    def trunc_u(self, a: Expr, to: str) -> Expr:
        return self._call("trunc_u", to, (a,), _BITS[to])

    def convert_s(self, a: Expr, to: str) -> Expr:
        if to == "f64" and a.const is None and not self.strict:
            return self.make(f"float({a.raw})", to, (a,), atom=True)
        return self._call("convert_s", to, (a,), to)

    def convert_u(self, a: Expr, to: str) -> Expr:
        return self._call("convert_u", to, (a,), to, _BITS[a.kind])

    def promote(self, a: Expr) -> Expr:
        return constant(a.const, "f64") if a.const is not None else self.recast(a, "f64")

    def demote(self, a: Expr) -> Expr:
        return self._call("round_f32", "f32", (a,))

    def float_bits(self, a: Expr) -> Expr:
        return self._call("float_bits32", "i32", (a,)) if a.kind == "f32" else self._call("float_bits64", "i64", (a,))

    def bits_float(self, a: Expr) -> Expr:
        return self._call("bits_float32", "f32", (a,)) if a.kind == "i32" else self._call("bits_float64", "f64", (a,))

    # Floats

    def _rounded(self, made: Expr) -> Expr:
        """Round a double result to the width of its operands; once is right for one operation."""
        return self._call("round_f32", "f32", (made,)) if made.kind == "f32" else made

    def _float(self, operator: str, name: str, a: Expr, b: Expr) -> Expr:
        if self.strict or (a.const is not None and b.const is not None):
            return self._rounded(self._call(name, a.kind, (a, b)))
        return self._rounded(self.make(f"{a.text} {operator} {b.text}", a.kind, (a, b)))

    def fadd(self, a: Expr, b: Expr) -> Expr:
        return self._float("+", "fadd", a, b)

    def fsub(self, a: Expr, b: Expr) -> Expr:
        return self._float("-", "fsub", a, b)

    def fmul(self, a: Expr, b: Expr) -> Expr:
        return self._float("*", "fmul", a, b)

    def fdiv(self, a: Expr, b: Expr) -> Expr:
        if b.const is not None and b.const != 0:
            return self._float("/", "fdiv", a, b)
        if not self.strict and a.atom and b.atom and b.const is None:
            text = f"{a.raw} / {b.raw} if {b.raw} else P_fdiv({a.raw}, {b.raw})"
            return self._rounded(self.make(text, a.kind, (a, b)))
        return self._rounded(self._call("fdiv", a.kind, (a, b)))

    def fneg(self, a: Expr) -> Expr:
        if self.strict or a.const is not None:
            return self._call("fneg", a.kind, (a,))
        return self.make(f"-{a.text}", a.kind, (a,))

    def fabs(self, a: Expr) -> Expr:
        return self._call("fabs", a.kind, (a,))

    def fsqrt(self, a: Expr) -> Expr:
        return self._rounded(self._call("fsqrt", a.kind, (a,)))

    def ffloor(self, a: Expr) -> Expr:
        return self._call("ffloor", a.kind, (a,))

    def fceil(self, a: Expr) -> Expr:
        return self._call("fceil", a.kind, (a,))

    def ftrunc(self, a: Expr) -> Expr:
        return self._call("ftrunc", a.kind, (a,))

    def fnearest(self, a: Expr) -> Expr:
        return self._call("fnearest", a.kind, (a,))

    def fmin(self, a: Expr, b: Expr) -> Expr:
        return self._call("fmin", a.kind, (a, b))

    def fmax(self, a: Expr, b: Expr) -> Expr:
        return self._call("fmax", a.kind, (a, b))

    def fcopysign(self, a: Expr, sign: Expr) -> Expr:
        return self._call("fcopysign", a.kind, (a, sign))


def _bounds(operator: str, a: Expr, b: Expr) -> Range:
    apply = _ARITHMETIC[operator]
    corners = [apply(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return min(corners), max(corners)


def _outside(name: str, low: int, high: int, kind: str) -> str:
    """Test for a sum, difference or product with these bounds not to fit."""
    least, most = RANGES[kind]
    if least <= low:
        return f"{name} > {_MAXIMUM[kind]}"
    if high <= most:
        return f"{name} < {_MINIMUM[kind]}"
    return f"not {-_SMALL} < {name} < {_SMALL} and not {_MINIMUM[kind]} <= {name} <= {_MAXIMUM[kind]}"


def _both_positive(a: Expr, b: Expr) -> bool:
    return a.low >= 0 and b.low >= 0


def _joined(a: Expr, b: Expr) -> Range | None:
    """Bounds of or and xor of two non-negative ints."""
    if a.low < 0 or b.low < 0:
        return None
    return 0, (1 << max(a.high, b.high).bit_length()) - 1


def _within(a: Expr, bounds: Range) -> bool:
    return bounds[0] <= a.low and a.high <= bounds[1]


__all__ = ["MAX_DEPTH", "Fact", "PythonEmitter"]
