"""Equality and identity, of values that may be null, and the two sides of a comparison for `assert`."""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.calls import hold
from compiler.check.constants import fold
from compiler.check.declared import FunctionGroup
from compiler.check.members import Found, call_method, find, mapping_of
from compiler.check.operators import ORDER, machine_call, operands, operate, report_number_mix
from compiler.check.session import number_kind
from compiler.check.subtyping import is_machine_value, is_nullable, is_subtype, non_null, nullable
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.types import (
    ANY,
    AnyType,
    ClassType,
    ErrorType,
    FunctionType,
    NullType,
    ParameterType,
    Type,
    substitute,
)
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.source import Span


def equality(body: Body, node: ast.Binary) -> tuple[hir.Expr, hir.Expr, hir.Expr]:
    """`==` and `!=`; return both sides and the result."""
    left, known = operands(body, node, None)
    right = known or body.value(node.right, None if isinstance(left.type, ErrorType) else left.type)
    value = equals(body, node, left, right)
    if node.operator is Op.NOT_EQUAL and not isinstance(value.type, ErrorType):
        value = (
            body.boolean(node.span, not value.value)
            if isinstance(value, hir.Constant)
            else hir.Not(node.span, value.type, value)
        )
    return left, right, value


def equals(body: Body, node: ast.Binary, left: hir.Expr, right: hir.Expr) -> hir.Expr:
    """Return whether two values are equal, which may be null."""
    span = node.span
    a, b = left.type, right.type
    if isinstance(a, ErrorType) or isinstance(b, ErrorType):
        return body.invalid(span)
    inner_a, inner_b = non_null(a), non_null(b)
    kind_a, kind_b = number_kind(inner_a), number_kind(inner_b)
    if kind_a is not None and kind_b is not None and kind_a is not kind_b:
        report_number_mix(body, node.operator, left, right, node.right)
        return body.invalid(span)
    if not _comparable(inner_a, inner_b):
        body.error(
            code.IMPOSSIBLE_TEST,
            span,
            f"`{display(a)}` and `{display(b)}` are never equal",
            suggestion=_as_char(body, inner_a, node.right) or _as_char(body, inner_b, node.left),
        )
        return body.invalid(span)
    folded = fold(body, span, Op.EQUAL, left, right)
    if folded is not None:
        return folded
    if is_machine_value(inner_a) and inner_a == inner_b and find(body, inner_a, "equals") is not None:
        return _machine_equals(body, span, left, right, inner_a)
    if isinstance(a, ParameterType) and is_subtype(b, nullable(ANY)):
        found = find(body, a, "equals")
        assert found is not None
        return _call_equals(body, span, left, right, found)
    if isinstance(a, ClassType) and not is_machine_value(a) and not is_machine_value(inner_b):
        found = find(body, a, "equals")
        if found is not None:
            return _call_equals(body, span, left, right, found)
    function = body.session.core_function("anyEquals")
    values = (body.coerce(left, nullable(ANY)), body.coerce(right, nullable(ANY)))
    return hir.Call(span, body.session.bool_type, function, (), (), values)


def _as_char(body: Body, other: Type, node: ast.Expression) -> str | None:
    """Say how to write a text of one character where a Char is compared."""
    is_one = isinstance(node, ast.StringLiteral) and len(node.value) == 1
    if not is_one or other != body.session.core_type("Char"):
        return None
    return f"write `'{node.span.text[1:-1]}'`: a `Char` stands in single quotes"


def _comparable(a: Type, b: Type) -> bool:
    if isinstance(a, NullType | AnyType | ParameterType) or isinstance(b, NullType | AnyType | ParameterType):
        return True
    if is_subtype(a, b) or is_subtype(b, a):
        return True
    if isinstance(a, ClassType) and isinstance(b, ClassType):
        if is_machine_value(a) or is_machine_value(b):
            return False
        return a.symbol is b.symbol or a.symbol.is_open or b.symbol.is_open
    return isinstance(a, FunctionType) and isinstance(b, FunctionType)


def _call_equals(body: Body, span: Span, left: hir.Expr, right: hir.Expr, found: Found) -> hir.Expr:
    assert isinstance(found.member, FunctionGroup)
    candidates = [
        item for item in found.member.functions if len(item.params) == 2 and is_subtype(right.type, item.params[1].type)
    ]
    if not candidates:
        function = body.session.core_function("anyEquals")
        values = (body.coerce(left, nullable(ANY)), body.coerce(right, nullable(ANY)))
        return hir.Call(span, body.session.bool_type, function, (), (), values)
    function = candidates[0]
    wanted = substitute(function.params[1].type, mapping_of(found))
    return call_method(body, span, left, found, function, (), (body.coerce(right, wanted),), body.session.bool_type)


def _machine_equals(body: Body, span: Span, left: hir.Expr, right: hir.Expr, type_: Type) -> hir.Expr:
    """Equality of primitives or texts, either of which may be null."""
    bool_type = body.session.bool_type
    if not is_nullable(left.type) and not is_nullable(right.type):
        return machine_call(body, span, "equals", left, right)
    before: list[hir.Expr] = []
    a, b = hold(body, left, before), hold(body, right, before)

    def plain(value: hir.Expr) -> hir.Expr:
        return hir.Coerce(span, type_, value) if value.type != type_ else value

    same = machine_call(body, span, "equals", plain(a), plain(b))
    if is_nullable(right.type):
        b_null = hir.IsNull(span, bool_type, b)
        same = hir.And(span, bool_type, hir.Not(span, bool_type, b_null), same)
    if is_nullable(left.type):
        a_null = hir.IsNull(span, bool_type, a)
        both: hir.Expr = hir.IsNull(span, bool_type, b) if is_nullable(right.type) else body.boolean(span, value=False)
        same = hir.If(span, bool_type, a_null, both, same)
    return body.sequence(span, before, same)


def identity(body: Body, node: ast.Binary) -> tuple[hir.Expr, hir.Expr, hir.Expr]:
    """`===` and `!==`."""
    left = body.value(node.left)
    right = body.value(node.right, left.type)
    bool_type = body.session.bool_type
    for side in (left, right):
        inner = non_null(side.type)
        if isinstance(inner, ClassType) and inner.symbol.builtin is not None and inner.symbol.builtin.is_primitive:
            body.error(
                code.NO_OPERATOR,
                side.span,
                f"`{node.operator.value}` compares objects, and `{display(side.type)}` is none",
                suggestion="use `==`" if node.operator is Op.IDENTICAL else "use `!=`",
            )
            return left, right, body.invalid(node.span)
    if isinstance(left.type, ErrorType) or isinstance(right.type, ErrorType):
        return left, right, body.invalid(node.span)
    value: hir.Expr = hir.Identical(node.span, bool_type, left, right)
    if node.operator is Op.NOT_IDENTICAL:
        value = hir.Not(node.span, bool_type, value)
    return left, right, value


def comparison_parts(body: Body, node: ast.Expression) -> tuple[list[hir.Expr], hir.Expr, hir.Expr, hir.Expr] | None:
    """Return a comparison with both sides held, so that `assert` can show them; None for other conditions."""
    if not isinstance(node, ast.Binary) or node.operator not in (ORDER | {Op.EQUAL, Op.NOT_EQUAL}):
        return None
    if isinstance(node.left, ast.NullLiteral) or isinstance(node.right, ast.NullLiteral):
        return None
    steps: list[hir.Expr] = []
    left, known = operands(body, node, None)
    left = hold(body, left, steps)
    right = hold(body, known or body.value(node.right, left.type), steps)
    if node.operator in ORDER:
        test = operate(body, node.operator, node.operator_span, node.span, left, node.right, None, right)
        return steps, test, left, right
    test = equals(body, node, left, right)
    if node.operator is Op.NOT_EQUAL and not isinstance(test.type, ErrorType):
        test = hir.Not(node.span, test.type, test)
    return steps, test, left, right
