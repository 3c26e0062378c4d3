"""Literals: numbers take the type that is expected, text is put together, collections are made."""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.arguments import CallSite
from compiler.check.body import Body
from compiler.check.calls import call_method_group
from compiler.check.inference import Inference
from compiler.check.members import OBJECT_MEMBERS, find
from compiler.check.session import INTEGER_RANGES, number_kind
from compiler.check.subtyping import is_too_large, join_all, mentions_error, non_null, nullable
from compiler.check.type_display import display
from compiler.check.type_resolution import report_too_large, tuple_type
from compiler.ir import hir
from compiler.ir.types import ANY, UNIT, ClassType, ErrorType, NullType, Repr, Type
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.source import Span

_PLAIN_NAME = re.compile(r"(?<!\\)\$([A-Za-z_][A-Za-z_0-9]*)")
_ARITHMETIC = frozenset({
    Op.ADD, Op.SUBTRACT, Op.MULTIPLY, Op.DIVIDE, Op.REMAINDER, Op.WRAPPING_ADD, Op.WRAPPING_SUBTRACT,
    Op.WRAPPING_MULTIPLY, Op.BIT_AND, Op.BIT_OR, Op.BIT_XOR,
})  # fmt: skip


def is_number(node: ast.Node) -> bool:
    """Tell whether an expression is made of number literals only, so that it could have any number type."""
    if isinstance(node, ast.Unary):
        return node.operator is not ast.UnaryOperator.NOT and is_number(node.operand)
    if isinstance(node, ast.Binary):
        return node.operator in _ARITHMETIC and is_number(node.left) and is_number(node.right)
    return isinstance(node, ast.IntLiteral | ast.FloatLiteral)


def check_int(body: Body, node: ast.IntLiteral, expected: Type | None) -> hir.Expr:
    """`42`: of the integer type that is expected, else Int."""
    return integer(body, node.span, node.value, expected)


def integer(body: Body, span: Span, value: int, expected: Type | None) -> hir.Expr:
    """Return an integer constant after checking that it fits its type."""
    type_: Type = body.session.int_type
    kind: Repr | None = Repr.I64
    if expected is not None:
        wanted = non_null(expected)
        wanted_kind = number_kind(wanted)
        if wanted_kind in INTEGER_RANGES:
            type_, kind = wanted, wanted_kind
    assert kind is not None
    low, high = INTEGER_RANGES[kind]
    if not low <= value <= high:
        body.error(
            code.LITERAL_RANGE,
            span,
            f"{value} does not fit `{display(type_)}`",
            notes=[f"`{display(type_)}` goes from {low} to {high}"],
        )
        value = 0
    return hir.Constant(span, type_, value)


def check_float(body: Body, node: ast.FloatLiteral, expected: Type | None) -> hir.Expr:
    """`1.5`: Float32 where that is expected, else Float."""
    type_: Type = body.session.core_type("Float")
    value = node.value
    if expected is not None and number_kind(non_null(expected)) is Repr.F32:
        type_ = non_null(expected)
        value = nearest_float32(node.span.text)
        if math.isinf(value):
            body.error(code.LITERAL_RANGE, node.span, f"{node.value} does not fit `Float32`")
            value = 0.0
    return hir.Constant(node.span, type_, value)


def nearest_float32(text: str) -> float:
    """Return the Float32 nearest to a decimal, infinity for what is too large.

    Rounding to a Float first goes wrong where that lies in the middle between two Float32 and the text does not.
    """
    digits = text.replace("_", "")
    value = float(digits)
    try:
        nearest: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        nearest = math.inf
    (bits,) = struct.unpack("<I", struct.pack("<f", nearest))
    below = bits if nearest <= value else bits - 1
    low, high = (struct.unpack("<f", struct.pack("<I", each))[0] for each in (below, below + 1))
    middle = (low + (2.0**128 if math.isinf(high) else high)) / 2
    if math.isinf(value) or value != middle:
        return nearest
    from decimal import Decimal  # rarely needed, and every start would load it

    exact = Decimal(digits)
    return nearest if exact == Decimal(middle) else low if exact < Decimal(middle) else high


def check_bool(body: Body, node: ast.BoolLiteral, expected: Type | None) -> hir.Expr:
    """`true` or `false`."""
    return body.boolean(node.span, node.value)


def check_null(body: Body, node: ast.NullLiteral, expected: Type | None) -> hir.Expr:
    """`null`."""
    return body.null(node.span)


def check_char(body: Body, node: ast.CharLiteral, expected: Type | None) -> hir.Expr:
    """`'x'`; in a system module, which has no characters, its code."""
    if body.session.is_privileged:
        return integer(body, node.span, ord(node.value), expected)
    return hir.Constant(node.span, body.session.core_type("Char"), ord(node.value))


def check_string(body: Body, node: ast.StringLiteral, expected: Type | None) -> hir.Expr:
    """Text without interpolation."""
    _warn_of_plain_names(body, node)
    return hir.Constant(node.span, body.session.string_type, node.value)


def check_template(body: Body, node: ast.StringTemplate, expected: Type | None) -> hir.Expr:
    """`"a ${b} c"`."""
    parts: list[hir.Expr] = []
    for part in node.parts:
        if isinstance(part, ast.StringLiteral):
            _warn_of_plain_names(body, part)
            if part.value:
                parts.append(hir.Constant(part.span, body.session.string_type, part.value))
            continue
        parts.append(to_text(body, body.value(part)))
    if any(isinstance(part.type, ErrorType) for part in parts):
        return hir.Constant(node.span, body.session.string_type, "")
    if not parts:
        return hir.Constant(node.span, body.session.string_type, "")
    return hir.Concat(node.span, body.session.string_type, tuple(parts))


def _warn_of_plain_names(body: Body, node: ast.StringLiteral) -> None:
    """Warn of `$name`, which other languages replace by the value of the local `name`."""
    if not body.warns or body.is_synthetic or "$" not in node.value:
        return
    text = node.span.text
    for found in _PLAIN_NAME.finditer(text) if not text.startswith("r") else ():
        if found[1] in body.locals:
            span = Span(node.span.file, node.span.start + found.start(), node.span.start + found.end())
            message = f"`{found[0]}` is only text here, not the value of `{found[1]}`"
            suggestion = f"write `${{{found[1]}}}`, or `\\{found[0]}` if the text is meant"
            body.warn(code.PLAIN_DOLLAR, span, message, suggestion=suggestion)


def to_text(body: Body, value: hir.Expr) -> hir.Expr:
    """Return the text of any value."""
    type_ = value.type
    string = body.session.string_type
    if type_ == string or isinstance(type_, ErrorType):
        return value
    if isinstance(type_, NullType):
        return hir.Constant(value.span, string, "null")
    found = find(body, type_, "toString")
    if found is not None:
        site = CallSite(value.span, (), None, string)
        name = ast.Identifier(value.span, "toString")
        text = call_method_group(body, value, found, name, site, is_super=False)
        if text.type == string:
            return text
    function = body.session.core_function(OBJECT_MEMBERS["toString"])
    return hir.Call(value.span, string, function, (), (), (body.coerce(value, nullable(ANY)),))


# Collections


def check_tuple(body: Body, node: ast.TupleLiteral, expected: Type | None) -> hir.Expr:
    """`(a, b)`."""
    wanted: tuple[Type | None, ...] = (None,) * len(node.elements)
    if expected is not None:
        inner = non_null(expected)
        if isinstance(inner, ClassType) and inner.symbol.name == f"Tuple{len(node.elements)}":
            wanted = inner.arguments
    values: list[hir.Expr] = []
    for item, hint in zip(node.elements, wanted, strict=True):
        value = body.value(item, hint)
        if hint is not None and not mentions_error(hint):
            value = body.coerce(value, hint)
        values.append(value)
    types = [ANY if isinstance(value.type, NullType) else value.type for value in values]
    for value in values:
        if isinstance(value.type, NullType):
            body.error(
                code.NEEDS_TYPE, value.span, "`null` alone does not say of what type this element is",
                suggestion="write the type of the tuple",
            )  # fmt: skip
            return body.invalid(node.span)
    type_ = tuple_type(body.scope, types, node.span)
    if isinstance(type_, ErrorType):
        return body.invalid(node.span)
    return hir.New(node.span, type_, tuple(values))


def check_list(body: Body, node: ast.ListLiteral, expected: Type | None) -> hir.Expr:
    """`[a, b]`: a List, or an Array where one is expected."""
    hint: Type | None = None
    wants_array = False
    if expected is not None and isinstance(non_null(expected), ClassType):
        wanted = non_null(expected)
        assert isinstance(wanted, ClassType)
        wants_array = wanted.symbol.builtin is Repr.ARRAY
        list_class = body.session.core_class("List")
        if wants_array:
            hint = wanted.arguments[0]
        else:
            inference = Inference(list_class.type_params, {})
            inference.expect(list_class.type, wanted)
            hint = inference.wanted.get(list_class.type_params[0])
    if hint is not None and mentions_error(hint):
        hint = None
    values = _items(body, node.elements, (hint,))
    element = hint if hint is not None else _element_type(body, node, values)
    if element is None:
        return body.invalid(node.span)
    values = [body.coerce(value, element) for value in values]
    array_type = body.session.core_type("Array", element)
    array = hir.NewArray(node.span, array_type, tuple(values))
    if wants_array:
        return array
    function = body.session.core_function("listOf")
    result = body.session.core_type("List", element)
    return hir.Call(node.span, result, function, (), (element,), (array,))


def _items(body: Body, nodes: Sequence[ast.Expression], hints: Sequence[Type | None]) -> list[hir.Expr]:
    """Check what stands side by side, in columns of one type each.

    A column without a hint has the type of what says it: number literals and empty collections come last and take it.
    They have no effects, so it does not matter that they are looked at out of their order.
    """
    values: dict[int, hir.Expr] = {}
    grades = [grade(node) for node in nodes]
    columns = len(hints)
    for rank in sorted(set(grades), reverse=True):
        common: list[Type | None] = list(hints)
        for column, hint in enumerate(hints):
            types = [value.type for index, value in values.items() if index % columns == column]
            if hint is None and types:
                common[column] = join_all(types)
        for index, node in enumerate(nodes):
            if grades[index] == rank:
                values[index] = body.value(node, common[index % columns])
    return [values[index] for index in range(len(nodes))]


def grade(node: ast.Node) -> int:
    """How much an expression says of its type: nothing as an empty collection, that it is a number, or all.

    The case of a generic enum says nothing either, and is told by its capitals: what else is written so has no effects.
    """
    if isinstance(node, ast.Member) and isinstance(node.object, ast.Name):
        return 0 if node.object.text[:1].isupper() and node.name.text[:1].isupper() else 2
    if isinstance(node, ast.ListLiteral):
        return min((grade(item) for item in node.elements), default=0)
    if isinstance(node, ast.MapLiteral):
        return min((grade(item) for entry in node.entries for item in (entry.key, entry.value)), default=0)
    return 1 if is_number(node) else 2


def says_nothing(expected: Type | None) -> bool:
    """Tell whether the surroundings leave open of what type a value is."""
    return expected is None or non_null(expected) is ANY


def branch_grade(node: ast.Node) -> int:
    """How much a branch says of the type of its value."""
    if isinstance(node, ast.Block):
        last = node.statements[-1] if node.statements else None
        return branch_grade(last.expression) if isinstance(last, ast.ExpressionStatement) else 2
    if isinstance(node, ast.If) and node.otherwise is not None:
        return min(branch_grade(node.then), branch_grade(node.otherwise))
    return grade(node)


def _element_type(body: Body, node: ast.Expression, values: list[hir.Expr]) -> Type | None:
    types = [value.type for value in values]
    if any(isinstance(type_, ErrorType) for type_ in types):
        return None
    result = join_all(types)
    if is_too_large(result):
        report_too_large(body.scope, node.span)
        return None
    if body.is_lost and not values:
        return None
    if not values or isinstance(result, NullType):
        body.error(
            code.CANNOT_INFER,
            node.span,
            "what the elements of this are cannot be inferred",
            suggestion="write the type of the variable, as in `let items: List<Int> = []`",
        )
        return None
    numbers = [kind for type_ in types if (kind := number_kind(type_)) is not None]
    if result is ANY and len(numbers) == len(types):
        body.error(
            code.NUMBER_MIX,
            node.span,
            "the elements are numbers of different types: "
            + ", ".join(dict.fromkeys(f"`{display(type_)}`" for type_ in types)),
            suggestion="convert them to one type",
        )
        return None
    return result


def check_map(body: Body, node: ast.MapLiteral, expected: Type | None) -> hir.Expr:
    """`["a": 1]`."""
    key_hint: Type | None = None
    value_hint: Type | None = None
    map_class = body.session.core_class("Map")
    if expected is not None and expected is not UNIT:
        inference = Inference(map_class.type_params, {})
        inference.expect(map_class.type, expected)
        key_hint, value_hint = (inference.wanted.get(item) for item in map_class.type_params)
    items = _items(body, [part for item in node.entries for part in (item.key, item.value)], (key_hint, value_hint))
    pairs = list(zip(items[::2], items[1::2], strict=True))
    key = key_hint or _element_type(body, node, [pair[0] for pair in pairs])
    value = value_hint or (_element_type(body, node, [pair[1] for pair in pairs]) if key is not None else None)
    if key is None or value is None:
        return body.invalid(node.span)
    pair_type = body.session.core_type("Tuple2", key, value)
    made = tuple(hir.New(a.span.to(b.span), pair_type, (body.coerce(a, key), body.coerce(b, value))) for a, b in pairs)
    array = hir.NewArray(node.span, body.session.core_type("Array", pair_type), made)
    function = body.session.core_function("mapOf")
    result = body.session.core_type("Map", key, value)
    return hir.Call(node.span, result, function, (), (key, value), (array,))
