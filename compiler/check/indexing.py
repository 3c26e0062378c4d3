"""Elements: `object[i]` read and assigned, which are the methods `get` and `set`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

from compiler.check import codes as code
from compiler.check.arguments import CallSite
from compiler.check.body import Body
from compiler.check.calls import call_extension, call_method_group, hold, named
from compiler.check.declared import FunctionGroup
from compiler.check.members import Extension, Found, call_method, find, find_extensions, is_hidden, mapping_of
from compiler.check.null_safety import require_non_null
from compiler.check.operators import operate
from compiler.check.subtyping import is_nullable
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.types import UNIT, ErrorType, NullableType, NullType, Type, substitute
from compiler.syntax import ast
from compiler.syntax.source import Span


def _site(span: Span, arguments: Sequence[ast.Expression], expected: Type | None) -> CallSite:
    return CallSite(span, [ast.Argument(item.span, None, item, is_spread=False) for item in arguments], None, expected)


def check_index(body: Body, node: ast.Index, expected: Type | None) -> hir.Expr:
    """`object[i]`."""
    receiver = body.value(node.object)
    if isinstance(receiver.type, NullableType | NullType):
        receiver = require_non_null(body, receiver, "[]", node.span)
    if isinstance(receiver.type, ErrorType):
        for item in node.arguments:
            body.value(item)
        return body.invalid(node.span)
    found = find(body, receiver.type, "get")
    site = _site(node.span, node.arguments, expected)
    extensions = find_extensions(body, receiver.type, "get")
    if extensions and (found is None or is_hidden(body, found)):
        return call_extension(body, receiver, extensions, site)
    if found is None or not isinstance(found.member, FunctionGroup):
        for item in node.arguments:
            body.value(item)
        return _no_elements(body, receiver, node.span)
    return call_method_group(body, receiver, found, ast.Identifier(node.span, "get"), site, is_super=False)


def _no_elements(body: Body, receiver: hir.Expr, span: Span) -> hir.Expr:
    body.error(
        code.NO_OPERATOR,
        span,
        f"`{display(receiver.type)}` has no elements: it has no method `get`",
        label=f"this is `{display(receiver.type)}`",
        suggestion="elements of a tuple are written `.0`, `.1`" if "(" in display(receiver.type) else None,
    )
    return body.invalid(span)


def index_get(body: Body, receiver: hir.Expr, indices: Sequence[hir.Expr], span: Span) -> hir.Expr:
    """`receiver[indices]` of values that are checked already."""
    found = find(body, receiver.type, "get")
    if found is None or not isinstance(found.member, FunctionGroup):
        return _no_elements(body, receiver, span)
    function = found.member.functions[0]
    mapping = mapping_of(found)
    values = [
        body.coerce(value, substitute(param.type, mapping))
        for value, param in zip(indices, function.params[1:], strict=False)
    ]
    result = substitute(function.result, mapping)
    return call_method(body, span, receiver, found, function, (), tuple(values), result)


def assign_index(body: Body, node: ast.Assign, target: ast.Index) -> hir.Expr:
    """`object[i] = value`, `object[i] += value`."""
    receiver = body.value(target.object)
    if isinstance(receiver.type, NullableType | NullType):
        receiver = require_non_null(body, receiver, "[]", target.span)
    if isinstance(receiver.type, ErrorType):
        for item in target.arguments:
            body.value(item)
        body.value(node.value)
        return body.invalid(node.span)
    found = find(body, receiver.type, "set")
    extensions = find_extensions(body, receiver.type, "set")
    if extensions and (found is None or is_hidden(body, found)):
        return _assign_by_extension(body, node, target, receiver, extensions)
    if found is None or not isinstance(found.member, FunctionGroup):
        for item in target.arguments:
            body.value(item)
        body.value(node.value)
        body.error(
            code.NO_OPERATOR,
            target.span,
            f"`{display(receiver.type)}` has no elements that could be assigned",
            label=f"this is `{display(receiver.type)}`",
            suggestion="use a `StringBuilder` to change text" if display(receiver.type) == "String" else None,
        )
        return body.invalid(node.span)
    name = ast.Identifier(target.span, "set")
    if node.operator is None:
        site = _site(node.span, (*target.arguments, node.value), UNIT)
        return body.discard(call_method_group(body, receiver, found, name, site, is_super=False))
    return _update_element(body, node, target, receiver, found)


def _update_element(body: Body, node: ast.Assign, target: ast.Index, receiver: hir.Expr, found: Found) -> hir.Expr:
    """`a[i] += v`: the object and the index are evaluated once."""
    assert node.operator is not None
    assert isinstance(found.member, FunctionGroup)
    before: list[hir.Expr] = []
    receiver = hold(body, receiver, before)
    setter = found.member.functions[0]
    mapping = mapping_of(found)
    infos = setter.signature.params
    indices: list[hir.Expr] = []
    for info, item in zip(infos, target.arguments, strict=False):
        wanted = substitute(info.type, mapping)
        indices.append(hold(body, body.coerce(body.value(item, wanted), wanted), before))
    if len(infos) != len(target.arguments) + 1:
        body.error(code.ARGUMENT_COUNT, target.span, f"`set` takes {len(infos) - 1} indices here")
        body.value(node.value)
        return body.invalid(node.span)
    current = index_get(body, receiver, indices, target.span)
    wanted = substitute(infos[-1].type, mapping)
    if isinstance(current.type, NullableType) and not is_nullable(wanted):
        body.error(
            code.MAYBE_NULL,
            target.span,
            "there may be no element yet, so it cannot be changed with an operator",
            label=f"this is `{display(current.type)}`",
            suggestion="say what to start with: `m[key] = (m[key] ?: 0) + …`",
        )
        body.value(node.value)
        return body.invalid(node.span)
    result = operate(body, node.operator, node.operator_span, node.span, current, node.value, wanted)
    value = body.coerce(result, wanted)
    call = call_method(body, node.span, receiver, found, setter, (), (*indices, value), UNIT)
    return body.sequence(node.span, before, body.discard(call))


def _assign_by_extension(
    body: Body, node: ast.Assign, target: ast.Index, receiver: hir.Expr, extensions: Sequence[Extension]
) -> hir.Expr:
    """Elements that an extension sets; with an operator, object and index are evaluated once all the same."""
    if node.operator is None:
        site = _site(node.span, (*target.arguments, node.value), UNIT)
        return body.discard(call_extension(body, receiver, extensions, site))
    before: list[hir.Expr] = []
    with ExitStack() as names:
        this = names.enter_context(named(body, receiver, before))
        indices = tuple(names.enter_context(named(body, body.value(item), before)) for item in target.arguments)
        current = ast.Index(target.span, this, indices)
        changed = ast.Binary(node.span, node.operator, node.operator_span, current, node.value)
        site = _site(node.span, (*indices, changed), UNIT)
        call = call_extension(body, body.read_local(body.locals[this.text], this.span), extensions, site)
    return body.sequence(node.span, before, body.discard(call))
