"""Operators: methods by name, equality, ranges, `?:`, `in`, indexing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial

from compiler.check import codes as code
from compiler.check.arguments import CallSite
from compiler.check.body import Body
from compiler.check.calls import call_extension, call_method_group, hold, named
from compiler.check.conditions import check_condition
from compiler.check.constants import fold, fold_negation
from compiler.check.declared import FunctionGroup, SourceFunction
from compiler.check.flow import join_flows
from compiler.check.inference import Inference
from compiler.check.literals import integer, is_number
from compiler.check.members import Extension, Found, call_method, find, find_extensions, is_hidden, mapping_of
from compiler.check.null_safety import report_maybe_null, require_non_null
from compiler.check.paths import key_of
from compiler.check.session import FLOATS, INTEGER_RANGES, number_kind
from compiler.check.subtyping import (
    is_assignable,
    is_machine_value,
    is_nullable,
    is_subtype,
    join,
    mentions_error,
    non_null,
    nullable,
)
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.symbols import TypeParameterSymbol
from compiler.ir.types import (
    NOTHING,
    UNIT,
    ClassType,
    ErrorType,
    NullableType,
    NullType,
    ParameterType,
    Repr,
    Type,
    substitute,
)
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.ast import UnaryOperator
from compiler.syntax.source import Span

METHODS = {
    Op.ADD: "plus",
    Op.SUBTRACT: "minus",
    Op.MULTIPLY: "times",
    Op.DIVIDE: "div",
    Op.REMAINDER: "rem",
    Op.WRAPPING_ADD: "wrappingPlus",
    Op.WRAPPING_SUBTRACT: "wrappingMinus",
    Op.WRAPPING_MULTIPLY: "wrappingTimes",
    Op.SHIFT_LEFT: "shl",
    Op.SHIFT_RIGHT: "shr",
    Op.SHIFT_RIGHT_UNSIGNED: "ushr",
    Op.WRAPPING_SHIFT_LEFT: "wrappingShl",
    Op.BIT_AND: "and",
    Op.BIT_XOR: "xor",
    Op.BIT_OR: "or",
    Op.RANGE_INCLUSIVE: "rangeTo",
    Op.RANGE_EXCLUSIVE: "rangeUntil",
    Op.LESS: "lt",
    Op.LESS_EQUAL: "le",
    Op.GREATER: "gt",
    Op.GREATER_EQUAL: "ge",
}
ORDER = frozenset({Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL})
_SHIFTS = frozenset({Op.SHIFT_LEFT, Op.SHIFT_RIGHT, Op.SHIFT_RIGHT_UNSIGNED, Op.WRAPPING_SHIFT_LEFT})
_CONDITIONS = frozenset({Op.AND, Op.OR, Op.EQUAL, Op.NOT_EQUAL, Op.IDENTICAL, Op.NOT_IDENTICAL})


def check_binary(body: Body, node: ast.Binary, expected: Type | None) -> hir.Expr:
    """`left operator right`."""
    op = node.operator
    if op in _CONDITIONS:
        return check_condition(body, node, expected)
    if op is Op.ELVIS:
        return _elvis(body, node, expected)
    if op is Op.IN or op is Op.NOT_IN:
        return _contains(body, node)
    hint = None
    if op not in ORDER and expected is not None and number_kind(non_null(expected)):
        hint = non_null(expected)  # an operand is never null, even where the result may be
    left, right = operands(body, node, hint)
    return operate(body, op, node.operator_span, node.span, left, node.right, expected, right)


def operands(body: Body, node: ast.Binary, hint: Type | None) -> tuple[hir.Expr, hir.Expr | None]:
    """Check the left side, and the right one too, before it, where that gives literals on the left their type."""
    if node.operator in _SHIFTS or not is_number(node.left) or is_number(node.right):
        return body.value(node.left, hint), None
    right = body.value(node.right, hint)
    if number_kind(right.type) is not None:
        hint = right.type
    return body.value(node.left, hint), right


def operate(
    body: Body,
    op: Op,
    op_span: Span,
    span: Span,
    left: hir.Expr,
    right_node: ast.Expression,
    expected: Type | None = None,
    right: hir.Expr | None = None,
) -> hir.Expr:
    """Apply an operator to a value and an expression, which may be checked already."""
    type_ = left.type
    if isinstance(type_, ErrorType):
        if right is None:
            body.value(right_node)
        return body.boolean(span, value=False) if op in ORDER else left
    if op is Op.ELVIS:
        return _elvis_values(body, span, left, right_node, expected)
    name = METHODS[op]
    extensions = find_extensions(body, type_, name) if isinstance(type_, NullableType) else []
    if isinstance(type_, NullableType) and not extensions and find(body, type_.inner, name) is not None:
        report_maybe_null(body, left, f"`{op.value}` cannot be applied")
        left = hir.Coerce(left.span, type_.inner, left)
        type_ = left.type
    found = find(body, type_, name)
    if found is not None and isinstance(found.member, FunctionGroup) and not is_hidden(body, found):
        return _apply(body, op, span, left, found, right_node, right)
    extensions = extensions or find_extensions(body, type_, name)
    if not extensions and op in ORDER:
        compared = _compare(body, op, span, left, right_node, right)
        if compared is not None:
            return compared
    if not extensions:
        return _no_operator(body, op, op_span, left, right_node, right)
    call = partial(_extension_call, body, extensions)
    return _with_argument(body, left, right_node, right, span, call)


def _extension_call(body: Body, extensions: Sequence[Extension], receiver: hir.Expr, site: CallSite) -> hir.Expr:
    return call_extension(body, receiver, extensions, site)


def _site(span: Span, *arguments: ast.Expression) -> CallSite:
    return CallSite(span, [ast.Argument(item.span, None, item, is_spread=False) for item in arguments], None, None)


def _with_argument(
    body: Body,
    left: hir.Expr,
    right_node: ast.Expression,
    right: hir.Expr | None,
    span: Span,
    call: Callable[[hir.Expr, CallSite], hir.Expr],
) -> hir.Expr:
    """Make a call of which the right side is the only argument."""
    if right is None:
        return call(
            left, CallSite(span, [ast.Argument(right_node.span, None, right_node, is_spread=False)], None, None)
        )
    if isinstance(right.type, ErrorType):
        return body.invalid(span)
    before: list[hir.Expr] = []
    left = hold(body, left, before)
    with named(body, right, before) as name:
        value = call(left, _site(span, name))
    return body.sequence(span, before, value)


def _apply(
    body: Body,
    op: Op,
    span: Span,
    left: hir.Expr,
    found: Found,
    right_node: ast.Expression,
    right: hir.Expr | None,
) -> hir.Expr:
    assert isinstance(found.member, FunctionGroup)
    functions = found.member.functions
    function = functions[0]
    if len(functions) > 1 or len(function.params) != 2 or function.type_params:
        name = ast.Identifier(span, function.name)

        def call(this: hir.Expr, site: CallSite) -> hir.Expr:
            return call_method_group(body, this, found, name, site, is_super=False)

        return _with_argument(body, left, right_node, right, span, call)
    mapping = mapping_of(found)
    wanted = function.params[1].type
    result = function.result
    if mapping:
        wanted, result = substitute(wanted, mapping), substitute(result, mapping)
    if right is None:
        right = body.value(right_node, wanted)
    mixes = False
    if right.type != wanted:
        kinds = number_kind(left.type), number_kind(right.type)
        mixes = None not in kinds and kinds[0] is not kinds[1]
        if not is_assignable(right.type, wanted):
            extensions = _extensions_for(body, left.type, function.name, right.type)
            if extensions:
                extended = partial(_extension_call, body, extensions)
                return _with_argument(body, left, right_node, right, span, extended)
        right = _right_operand(body, op, left, right, wanted, right_node)
    if isinstance(right.type, ErrorType):
        # Of numbers of two types nobody knows which was meant.
        return body.invalid(span) if mixes and op not in ORDER else hir.Constant(span, result, None)
    folded = fold(body, span, op, left, right)
    if folded is not None:
        return folded
    if op is Op.ADD and isinstance(left.type, ClassType) and left.type.symbol.builtin is Repr.STRING:
        parts = (*left.parts, right) if isinstance(left, hir.Concat) else (left, right)
        return hir.Concat(span, result, parts)
    return call_method(body, span, left, found, function, (), (right,), result)


def _extensions_for(body: Body, type_: Type, name: str, argument: Type) -> list[Extension]:
    """Return the extensions of an operator that take a right side which its method does not take."""
    return [
        (function, known)
        for function, known in find_extensions(body, type_, name)
        if len(function.params) == 2 and may_take(function, known, argument)
    ]


def may_take(function: SourceFunction, known: dict[TypeParameterSymbol, Type], argument: Type) -> bool:
    """Tell whether an extension function takes an argument of a type."""
    wanted = substitute(function.params[1].type, known)
    inference = Inference(function.type_params, known)
    inference.constrain(wanted, argument)
    return is_assignable(argument, substitute(inference.apply(wanted), known))


def _right_operand(body: Body, op: Op, left: hir.Expr, right: hir.Expr, wanted: Type, node: ast.Expression) -> hir.Expr:
    if is_assignable(right.type, wanted):
        return body.coerce(right, wanted)
    a, b = number_kind(left.type), number_kind(right.type)
    if a is not None and b is not None and a is not b:
        report_number_mix(body, op, left, right, node)
        return body.invalid(node.span)
    if isinstance(right.type, NullableType) and is_subtype(right.type.inner, wanted):
        report_maybe_null(body, right, f"`{op.value}` cannot be applied")
        return body.invalid(node.span)
    if isinstance(left.type, ClassType) and left.type.symbol.builtin is Repr.STRING and op is Op.ADD:
        if not mentions_error(right.type):
            body.error(
                code.MISMATCH,
                right.span,
                f"only text can be added to text, and this is `{display(right.type)}`",
                suggestion='put it into the text: `"… ${value}"`',
            )
        return body.invalid(node.span)
    return body.coerce(right, wanted)


def report_number_mix(body: Body, op: Op, left: hir.Expr, right: hir.Expr, node: ast.Expression) -> None:
    """Report an operator on numbers of two types."""
    a, b = display(left.type), display(right.type)
    if isinstance(node, ast.IntLiteral) and number_kind(left.type) in FLOATS:
        suggestion = f"write `{node.value}.0`"
    elif number_kind(right.type) in FLOATS and re.fullmatch(r"-?\d+", left.span.text):
        suggestion = f"write `{left.span.text}.0`"
    elif number_kind(left.type) in FLOATS and number_kind(right.type) not in FLOATS:
        suggestion = f"convert the right side with `.to{a}()`"
    elif number_kind(right.type) in FLOATS and number_kind(left.type) not in FLOATS:
        suggestion = f"convert the left side with `.to{b}()`"
    else:
        suggestion = f"convert one side, as in `.to{b}()` on the left or `.to{a}()` on the right"
    body.error(
        code.NUMBER_MIX,
        left.span.to(right.span),
        f"`{op.value}` needs two numbers of one type, found `{a}` and `{b}`",
        suggestion=suggestion,
    )


def _compare(
    body: Body, op: Op, span: Span, left: hir.Expr, right_node: ast.Expression, right: hir.Expr | None
) -> hir.Expr | None:
    """Order by `compareTo`."""
    found = find(body, left.type, "compareTo")
    extensions = find_extensions(body, left.type, "compareTo")
    name = ast.Identifier(span, "compareTo")

    def call(this: hir.Expr, site: CallSite) -> hir.Expr:
        if extensions and (found is None or is_hidden(body, found)):
            return call_extension(body, this, extensions, site)
        assert found is not None
        return call_method_group(body, this, found, name, site, is_super=False)

    if not extensions and (found is None or not isinstance(found.member, FunctionGroup)):
        return None
    order = _with_argument(body, left, right_node, right, span, call)
    zero = hir.Constant(span, body.session.int_type, 0)
    if order.type != body.session.int_type:
        return hir.Constant(span, body.session.bool_type, None)
    return machine_call(body, span, METHODS[op], order, zero)


def machine_call(body: Body, span: Span, name: str, left: hir.Expr, *others: hir.Expr) -> hir.Expr:
    """Call a method of a primitive, which is known to exist."""
    found = find(body, left.type, name)
    assert found is not None, name
    assert isinstance(found.member, FunctionGroup)
    function = found.member.functions[0]
    return hir.Call(span, function.result, function, found.instance.arguments, (), (left, *others))


def _no_operator(
    body: Body, op: Op, op_span: Span, left: hir.Expr, right_node: ast.Expression, right: hir.Expr | None
) -> hir.Expr:
    if right is None:
        right = body.value(right_node)
    name = METHODS.get(op, "")
    needed = "compareTo" if op in ORDER else name
    text = display(left.type)
    suggestion = f"declare `fun {needed}(other: …)` in `{text}`"
    if isinstance(left.type, ParameterType):
        bound = "Comparable" if op in ORDER else "…"
        suggestion = f"give the type parameter a bound: `<{text}: {bound}<{text}>>`"
    elif is_machine_value(left.type) or not isinstance(left.type, ClassType):
        suggestion = ""
    if op is Op.MULTIPLY and isinstance(left.type, ClassType) and left.type.symbol.builtin is Repr.STRING:
        suggestion = "write `.repeat(n)`"
    if isinstance(right.type, ClassType) and right.type.symbol.builtin is Repr.STRING and op is Op.ADD:
        suggestion = 'put both into a text: `"${a}${b}"`'
    body.error(
        code.NO_OPERATOR,
        op_span,
        f"`{op.value}` cannot be applied to `{text}`",
        label=f"the left side is `{text}`",
        suggestion=suggestion or None,
    )
    return body.boolean(op_span, value=False) if op in ORDER else body.invalid(op_span)


def check_unary(body: Body, node: ast.Unary, expected: Type | None) -> hir.Expr:
    """`-operand`, `!operand`, `~operand`."""
    if node.operator is UnaryOperator.NOT:
        return check_condition(body, node, expected)
    if node.operator is UnaryOperator.NEGATE and isinstance(node.operand, ast.IntLiteral):
        return integer(body, node.span, -node.operand.value, expected)
    hint = expected if expected is not None and number_kind(non_null(expected)) else None
    operand = body.value(node.operand, hint)
    if isinstance(operand.type, ErrorType):
        return operand
    if node.operator is UnaryOperator.NEGATE:
        folded = fold_negation(body, node.span, operand)
        if folded is not None:
            return folded
    name = "negate" if node.operator is UnaryOperator.NEGATE else "inv"
    site = CallSite(node.span, (), None, None)
    extensions = find_extensions(body, operand.type, name)
    if not extensions:
        operand = require_non_null(body, operand, node.operator.value, node.span)
    found = find(body, operand.type, name)
    if extensions and (found is None or is_hidden(body, found)):
        return call_extension(body, operand, extensions, site)
    if found is None or not isinstance(found.member, FunctionGroup):
        body.error(
            code.NO_OPERATOR,
            node.span,
            f"`{node.operator.value}` cannot be applied to `{display(operand.type)}`",
            suggestion="there are no negative unsigned numbers: convert it first"
            if number_kind(operand.type) in INTEGER_RANGES
            else None,
        )
        return body.invalid(node.span)
    return call_method_group(body, operand, found, ast.Identifier(node.span, name), site, is_super=False)


# `?:`, `in`, indexing


def _elvis(body: Body, node: ast.Binary, expected: Type | None) -> hir.Expr:
    wanted = nullable(expected) if expected is not None and expected is not UNIT else None
    left = body.value(node.left, wanted)
    return _elvis_values(body, node.span, left, node.right, expected)


def _elvis_values(
    body: Body, span: Span, left: hir.Expr, right_node: ast.Expression, expected: Type | None
) -> hir.Expr:
    type_ = left.type
    if isinstance(type_, ErrorType):
        body.expr(right_node, expected)
        return body.invalid(span)
    if not is_nullable(type_):
        body.warn(code.ALWAYS_SAME, span, "the left side is never null, so the right side is never used")
        flow = body.flow
        body.expr(right_node, expected)
        body.flow = flow
        return left
    if isinstance(type_, NullType):
        body.warn(code.ALWAYS_SAME, span, "the left side is always null, so the right side is always used")
        right = body.expr(right_node, expected)
        if right.type is UNIT and expected is not UNIT:
            return _no_right_value(body, span, right_node)
        return body.sequence(span, [body.discard(left)], right)
    inner = type_.inner if isinstance(type_, NullableType) else type_
    before: list[hir.Expr] = []
    held = hold(body, left, before)
    flow = body.flow
    hint = expected if expected is not None and not mentions_error(expected) else inner
    right = body.expr(right_node, hint)
    if right.type is UNIT and expected is not UNIT:
        return _no_right_value(body, span, right_node)
    key = key_of(left)
    kept = flow.narrow(key, inner) if key is not None and not body.flow.is_reachable else flow
    body.flow = join_flows(kept, body.flow)
    if isinstance(right.type, ErrorType):
        return hir.Constant(span, inner, None)
    if expected is UNIT:
        result: Type = UNIT
    else:
        result = join(inner, right.type)
        if expected is not None and not mentions_error(expected) and not is_assignable(result, expected):
            result = expected if is_assignable(inner, expected) and is_assignable(right.type, expected) else result
    test = hir.IsNull(span, body.session.bool_type, held)
    value = body.coerce(hir.Coerce(span, inner, held) if inner != held.type else held, result)
    other = right if right.type is NOTHING else body.coerce(right, result)
    return body.sequence(span, before, hir.If(span, result, test, other, value))


def _no_right_value(body: Body, span: Span, right_node: ast.Expression) -> hir.Expr:
    body.error(code.NO_VALUE, right_node.span, "a value is needed here, and this has none", label="this is `Unit`")
    return body.invalid(span)


def _contains(body: Body, node: ast.Binary) -> hir.Expr:
    """`x in c`; a range that is written there is not made."""
    span = node.span
    bool_type = body.session.bool_type
    written = node.right
    if isinstance(written, ast.Binary) and written.operator in (Op.RANGE_INCLUSIVE, Op.RANGE_EXCLUSIVE):
        value = _in_range(body, node, written)
    else:
        left = body.value(node.left)
        before: list[hir.Expr] = []
        held = hold(body, left, before)
        right = require_non_null(body, body.value(written), "in", span)
        if isinstance(right.type, ErrorType) or isinstance(left.type, ErrorType):
            return body.invalid(span)
        found = find(body, right.type, "contains")
        extensions = find_extensions(body, right.type, "contains")
        if extensions and (found is None or is_hidden(body, found)):
            with named(body, left, before) as name:
                value = call_extension(body, right, extensions, _site(span, name))
            value = body.sequence(span, before, body.coerce(value, bool_type))
            return hir.Not(span, bool_type, value) if node.operator is Op.NOT_IN else value
        if found is None or not isinstance(found.member, FunctionGroup):
            body.error(
                code.NO_OPERATOR,
                node.operator_span,
                f"`in` cannot be applied: `{display(right.type)}` has no `contains`",
            )
            return body.invalid(span)
        value = _call_contains(body, span, right, found, held)
        value = body.sequence(span, before, value)
    if isinstance(value.type, ErrorType):
        return value
    return hir.Not(span, bool_type, value) if node.operator is Op.NOT_IN else value


def _call_contains(body: Body, span: Span, right: hir.Expr, found: Found, left: hir.Expr) -> hir.Expr:
    assert isinstance(found.member, FunctionGroup)
    mapping = mapping_of(found)
    fitting: list[SourceFunction] = [
        item
        for item in found.member.functions
        if len(item.params) == 2 and is_assignable(left.type, substitute(item.params[1].type, mapping))
    ]
    function = fitting[0] if fitting else found.member.functions[0]
    wanted = substitute(function.params[1].type, mapping)
    if isinstance(left, hir.Constant) and number_kind(wanted) in INTEGER_RANGES and isinstance(left.value, int):
        left = integer(body, left.span, left.value, wanted)
    argument = body.coerce(left, wanted)
    if isinstance(argument.type, ErrorType):
        return argument
    return call_method(body, span, right, found, function, (), (argument,), body.session.bool_type)


def _in_range(body: Body, node: ast.Binary, written: ast.Binary) -> hir.Expr:
    span = node.span
    before: list[hir.Expr] = []
    value = hold(body, body.value(node.left), before)
    low = hold(body, body.value(written.left, value.type), before)
    if isinstance(value.type, ErrorType) or isinstance(low.type, ErrorType):
        body.value(written.right)
        return body.invalid(span)
    upper = Op.LESS_EQUAL if written.operator is Op.RANGE_INCLUSIVE else Op.LESS
    if value.type != low.type or find(body, value.type, "le") is None:
        body.coerce(low, value.type)
        body.value(written.right, value.type)
        if value.type == low.type:
            body.error(code.NO_OPERATOR, written.operator_span, f"`{display(value.type)}` has no order for a range")
        return body.invalid(span)
    above = machine_call(body, span, "ge", value, low)
    below = operate(body, upper, written.operator_span, span, value, written.right)
    if isinstance(below.type, ErrorType):
        return below
    bool_type = body.session.bool_type
    return body.sequence(span, before, hir.And(span, bool_type, above, below))
