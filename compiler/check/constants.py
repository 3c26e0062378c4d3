"""Folding of constant expressions, with the machine's own results and errors."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.session import FLOATS, INTEGER_RANGES, number_kind
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.types import ClassType, Repr
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.source import Span

_CHECKED: dict[Op, Callable[[int, int], int]] = {
    Op.ADD: operator.add,
    Op.SUBTRACT: operator.sub,
    Op.MULTIPLY: operator.mul,
}
_WRAPPING: dict[Op, Callable[[int, int], int]] = {
    Op.WRAPPING_ADD: operator.add,
    Op.WRAPPING_SUBTRACT: operator.sub,
    Op.WRAPPING_MULTIPLY: operator.mul,
}
_BITWISE: dict[Op, Callable[[int, int], int]] = {
    Op.BIT_AND: operator.and_,
    Op.BIT_OR: operator.or_,
    Op.BIT_XOR: operator.xor,
}
_COMPARE: dict[Op, Callable[[float, float], bool]] = {
    Op.LESS: operator.lt,
    Op.LESS_EQUAL: operator.le,
    Op.GREATER: operator.gt,
    Op.GREATER_EQUAL: operator.ge,
    Op.EQUAL: operator.eq,
    Op.NOT_EQUAL: operator.ne,
}
_SHIFTS = frozenset({Op.SHIFT_LEFT, Op.WRAPPING_SHIFT_LEFT, Op.SHIFT_RIGHT, Op.SHIFT_RIGHT_UNSIGNED})
MAX_TEXT = 65536


def wrap(value: int, low: int, high: int) -> int:
    """Return the number of a range that has the same low bits."""
    return (value - low) % (high - low + 1) + low


def _shift(op: Op, value: int, count: int, low: int, high: int) -> int:
    count %= (high - low).bit_length()
    if op is Op.SHIFT_RIGHT:
        return value >> count
    if op is Op.SHIFT_RIGHT_UNSIGNED:
        return wrap((value & (high - low)) >> count, low, high)
    return wrap(value << count, low, high)


def fold(body: Body, span: Span, op: Op, left: hir.Expr, right: hir.Expr) -> hir.Expr | None:
    """Return the constant that an operation on two constants of one type gives, or None if it is none."""
    if not isinstance(left, hir.Constant) or not isinstance(right, hir.Constant) or left.type != right.type:
        return None
    kind = number_kind(left.type)
    a, b = left.value, right.value
    if kind in INTEGER_RANGES and isinstance(a, int) and isinstance(b, int):
        return _fold_integer(body, span, op, left, (a, b))
    if kind is Repr.F64 and isinstance(a, float) and isinstance(b, float):
        return _fold_float(body, span, op, left, (a, b))
    if isinstance(a, str) and isinstance(b, str) and op is Op.ADD and len(a) + len(b) <= MAX_TEXT:
        return hir.Constant(span, left.type, a + b)
    return None


def _fold_integer(body: Body, span: Span, op: Op, left: hir.Constant, values: tuple[int, int]) -> hir.Expr | None:
    a, b = values
    kind = number_kind(left.type)
    assert kind is not None
    low, high = INTEGER_RANGES[kind]
    if op in _COMPARE:
        return body.boolean(span, _COMPARE[op](a, b))
    result: int | None = None
    if op in _WRAPPING or (op in _CHECKED and body.session.is_privileged):
        wrapped = (_WRAPPING.get(op) or _CHECKED[op])(a, b)
        return hir.Constant(span, left.type, wrap(wrapped, low, high))
    if op in _SHIFTS:
        return hir.Constant(span, left.type, _shift(op, a, b, low, high))
    if op in _CHECKED:
        result = _CHECKED[op](a, b)
    elif op in (Op.DIVIDE, Op.REMAINDER):
        if b == 0:
            _report(body, span, "this divides by zero")
            return hir.Constant(span, left.type, 0)
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        result = quotient if op is Op.DIVIDE else a - quotient * b
    elif op in _BITWISE:
        return hir.Constant(span, left.type, _BITWISE[op](a, b))
    if result is None:
        return None
    if not low <= result <= high:
        _report(body, span, f"the result {result} does not fit `{display(left.type)}`")
        result = 0
    return hir.Constant(span, left.type, result)


def _fold_float(body: Body, span: Span, op: Op, left: hir.Constant, values: tuple[float, float]) -> hir.Expr | None:
    a, b = values
    if op in _COMPARE:
        return body.boolean(span, _COMPARE[op](a, b))
    if op is Op.ADD:
        result = a + b
    elif op is Op.SUBTRACT:
        result = a - b
    elif op is Op.MULTIPLY:
        result = a * b
    elif op is Op.DIVIDE:
        result = _divide(a, b)
    else:
        return None
    return hir.Constant(span, left.type, result)


def _divide(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or math.isnan(a):
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def fold_negation(body: Body, span: Span, value: hir.Expr) -> hir.Expr | None:
    """Return the constant `-value`, or None if it is none."""
    if not isinstance(value, hir.Constant) or isinstance(value.value, bool | str) or value.value is None:
        return None
    kind = number_kind(value.type)
    if kind in FLOATS:
        return hir.Constant(span, value.type, -float(value.value))
    if kind not in INTEGER_RANGES:
        return None
    low, high = INTEGER_RANGES[kind]
    result = -int(value.value)
    if body.session.is_privileged:
        result = wrap(result, low, high)
    if not low <= result <= high:
        assert isinstance(value.type, ClassType)
        _report(body, span, f"the result {result} does not fit `{display(value.type)}`")
        result = 0
    return hir.Constant(span, value.type, result)


def _report(body: Body, span: Span, message: str) -> None:
    body.error(
        code.CONSTANT_FAILS,
        span,
        message,
        notes=[] if body.session.is_privileged else ["at run time this would throw `ArithmeticError`"],
        suggestion="`&+`, `&-` and `&*` wrap around" if "fit" in message else None,
    )
