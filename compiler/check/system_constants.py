"""Constants of system modules: the value of an expression of constants, instruction by instruction.

What a method of the system core does is a few instructions, so a constant is computed by doing them.  Values on
the stack are those of the machine: integers with a sign.
"""

from __future__ import annotations

import operator
from collections.abc import Callable

from compiler.check.constants import wrap
from compiler.check.session import INTEGER_RANGES, number_kind
from compiler.ir import hir
from compiler.ir.types import ClassType, Repr, Type

_WIDTHS = {"i32": 32, "i64": 64}
_BINARY: dict[str, Callable[[int, int], int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "and": operator.and_,
    "or": operator.or_,
    "xor": operator.xor,
    "eq": operator.eq,
    "lt_s": operator.lt,
    "le_s": operator.le,
    "gt_s": operator.gt,
    "ge_s": operator.ge,
}
_UNSIGNED: dict[str, Callable[[int, int], int]] = {
    "div_u": operator.floordiv,
    "rem_u": operator.mod,
    "lt_u": operator.lt,
    "le_u": operator.le,
    "gt_u": operator.gt,
    "ge_u": operator.ge,
}
_CONVERSIONS: dict[str, Callable[[int], int]] = {
    "nop": lambda value: value,
    "i32.wrap_i64": lambda value: _signed(value, 32),
    "i64.extend_i32_s": lambda value: value,
    "i64.extend_i32_u": lambda value: _unsigned(value, 32),
}


def _signed(value: int, bits: int) -> int:
    return wrap(value, -1 << (bits - 1), (1 << (bits - 1)) - 1)


def _unsigned(value: int, bits: int) -> int:
    return value & ((1 << bits) - 1)


def fold_constant(value: hir.Expr) -> hir.Expr:
    """Return the constant that an expression is, or the expression."""
    match value:
        case hir.Call(span, type_, function, arguments=arguments) if function.intrinsic:
            known = [fold_constant(item) for item in arguments]
            stack = [_machine(item) for item in known if isinstance(item, hir.Constant)]
            if len(stack) == len(known) and None not in stack:
                result = _run(function.intrinsic, [item for item in stack if item is not None])
                return value if result is None else hir.Constant(span, type_, _of_type(type_, result))
        case hir.Not(span, type_, inner):
            operand = fold_constant(inner)
            if isinstance(operand, hir.Constant):
                return hir.Constant(span, type_, not operand.value)
        case hir.And(span, type_, left, right) | hir.Or(span, type_, left, right):
            first = fold_constant(left)
            if isinstance(first, hir.Constant):
                return first if first.value is isinstance(value, hir.Or) else fold_constant(right)
        case hir.If(condition=condition, then=then, otherwise=otherwise) if otherwise is not None:
            test = fold_constant(condition)
            if isinstance(test, hir.Constant):
                return fold_constant(then if test.value else otherwise)
        case hir.Block(body=(only,)):
            return fold_constant(only)
    return value


def _machine(constant: hir.Constant) -> int | None:
    """The value on the stack, or None if it is no integer."""
    if not isinstance(constant.value, int):
        return None
    return _signed(constant.value, 32 if number_kind(constant.type) in {Repr.I32, Repr.U32} else 64)


def _of_type(type_: Type, value: int) -> int | bool:
    """The value of a constant of a type, from that on the stack."""
    kind = number_kind(type_)
    if kind is not None and kind in INTEGER_RANGES:
        return wrap(value, *INTEGER_RANGES[kind])
    is_bool = isinstance(type_, ClassType) and type_.symbol.builtin is Repr.BOOL
    return bool(value) if is_bool else value


def _run(intrinsic: str, stack: list[int]) -> int | None:
    """Do the instructions; None if one of them is none of integers that always has a result."""
    for word in intrinsic.split():
        mnemonic, _, constant = word.partition(":")
        if mnemonic in _CONVERSIONS:
            stack[-1] = _CONVERSIONS[mnemonic](stack[-1])
            continue
        prefix, _, name = mnemonic.partition(".")
        bits = _WIDTHS.get(prefix, 0)
        if not bits:
            return None
        if name == "const":
            stack.append(int(constant))
            continue
        if len(stack) < 2:
            return None
        right, left = stack.pop(), stack.pop()
        result = _binary(name, left, right, bits)
        if result is None:
            return None
        stack.append(result)
    return stack[0]


def _binary(name: str, left: int, right: int, bits: int) -> int | None:
    if name in _BINARY:
        return _signed(_BINARY[name](left, right), bits)
    if name in {"shl", "shr_s", "shr_u", "rotl", "rotr"}:
        return _signed(_shifted(name, left, right % bits, bits), bits)
    if name in _UNSIGNED and (right or name[:3] not in {"div", "rem"}):
        return _signed(_UNSIGNED[name](_unsigned(left, bits), _unsigned(right, bits)), bits)
    if name in {"div_s", "rem_s"} and right:
        quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
        return _signed(quotient if name == "div_s" else left - quotient * right, bits)
    return None


def _shifted(name: str, value: int, count: int, bits: int) -> int:
    zeros = _unsigned(value, bits)
    match name:
        case "shl":
            return value << count
        case "shr_s":
            return value >> count
        case "shr_u":
            return zeros >> count
        case "rotl":
            return zeros << count | zeros >> (bits - count)
        case _:
            return zeros >> count | zeros << (bits - count)
