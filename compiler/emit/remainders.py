"""Remainders by powers of two: of what is not negative they are its lower bits, and those say too if one is zero."""

from __future__ import annotations

from compiler.emit.context import FunctionContext
from compiler.ir import hir

_REMAINDER, _EQUAL, _AND = "i64.rem_s", "i64.eq", "i64.and"
_NATURAL = frozenset({"array.size", "string.size"})
_NATURAL_OF_NATURALS = frozenset({"i64.add_checked_s", "i64.mul_checked_s", "i64.div_s", _REMAINDER})
"""Not negative if no operand is."""


def emit_remainder(f: FunctionContext, node: hir.Call) -> bool:
    """Push the lower bits of a number if a call gives just that: ``n % 8``, or what ``n % 8 == 0`` compares.

    False, with nothing done, if it does not.
    """
    intrinsic = node.function.intrinsic
    if intrinsic == _REMAINDER and _is_natural(node.arguments[0]):
        return _emit_lower_bits(f, node)
    left = node.arguments[0] if intrinsic == _EQUAL else None
    if not isinstance(left, hir.Call) or left.function.intrinsic != _REMAINDER or _number(node.arguments[1]) != 0:
        return False
    if not _emit_lower_bits(f, left):
        return False
    f.code.op("i64.const", 0)
    f.at(node.span)
    f.code.op(_EQUAL)
    return True


def _emit_lower_bits(f: FunctionContext, node: hir.Call) -> bool:
    divisor = _number(node.arguments[1])
    if divisor is None or divisor <= 0 or divisor & (divisor - 1):
        return False
    f.value_as(node.arguments[0], node.type)
    f.code.op("i64.const", divisor - 1)
    f.at(node.span)
    f.code.op(_AND)
    return True


def _number(node: hir.Expr) -> int | None:
    """The integer that an expression is, if that is known."""
    if isinstance(node, hir.GlobalGet) and node.variable.constant is not None:
        node = node.variable.constant
    if not isinstance(node, hir.Constant) or isinstance(node.value, bool) or not isinstance(node.value, int):
        return None
    return node.value


def _is_natural(node: hir.Expr) -> bool:
    """Whether an Int is certainly not negative."""
    match node:
        case hir.LocalGet(local=local):
            return local.is_natural
        case hir.Call(function=function, arguments=arguments):
            intrinsic = function.intrinsic
            if intrinsic == _AND:
                return any(map(_is_natural, arguments))
            return intrinsic in _NATURAL or (intrinsic in _NATURAL_OF_NATURALS and all(map(_is_natural, arguments)))
    number = _number(node)
    return number is not None and number >= 0
