"""Values that may be null: `?.`, `!!`, and what to say where null must not be."""

from __future__ import annotations

from collections.abc import Callable

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.paths import key_of
from compiler.check.subtyping import is_nullable, nullable
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.types import UNIT, ErrorType, NullableType, NullType, Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def require_non_null(body: Body, receiver: hir.Expr, name: str, span: Span) -> hir.Expr:
    """Return a receiver of a non-null type; report one that may be null and go on as if it were not."""
    type_ = receiver.type
    if not isinstance(type_, NullableType | NullType):
        return receiver
    if isinstance(type_, NullType):
        body.error(code.MAYBE_NULL, span, f"`null` has no member `{name}`")
        return body.invalid(span)
    report_maybe_null(body, receiver, f"`{name}` cannot be used")
    return hir.Coerce(receiver.span, type_.inner, receiver)


def report_maybe_null(body: Body, receiver: hir.Expr, consequence: str) -> None:
    """Report a value that may be null where it must not be, and say why a test did not help."""
    notes: list[str] = []
    inner = receiver.value if isinstance(receiver, hir.Coerce) else receiver
    if isinstance(inner, hir.FieldGet) and inner.field.is_mutable:
        notes.append(
            f"`{inner.field.name}` is a `var` and can change between a test and this use: "
            f"copy it to a `let` and test that"
        )
    elif isinstance(inner, hir.Call | hir.VirtualCall) and inner.function.name.endswith(".get"):
        notes.append("a computed property can give another value each time: copy it to a `let` and test that")
    body.error(
        code.MAYBE_NULL,
        receiver.span,
        f"this may be null, so {consequence}",
        label=f"this is `{display(receiver.type)}`",
        notes=notes,
        suggestion="use `?.`, test for null before, or write `!!` if it cannot be null here",
    )


def safe_access(body: Body, span: Span, receiver: hir.Expr, access: Callable[[hir.Expr], hir.Expr]) -> hir.Expr:
    """`receiver?.…`: null if the receiver is null, else what ``access`` makes of it."""
    type_ = receiver.type
    if isinstance(type_, ErrorType):
        access(receiver)
        return body.invalid(span)
    if isinstance(type_, NullType):
        access(body.invalid(span))
        return body.null(span)
    if not is_nullable(type_):
        body.warn(code.ALWAYS_SAME, span, "this is never null, so `?.` is the same as `.`", suggestion="write `.`")
        return access(receiver)
    before: list[hir.Expr] = []
    if isinstance(receiver, hir.LocalGet) and not receiver.local.is_mutable:
        held: hir.Expr = receiver
    else:
        local = body.temporary(type_)
        before.append(body.set(local, receiver))
        held = body.get(local, receiver.span)
    inner_type = type_.inner if isinstance(type_, NullableType) else type_
    inner = hir.Coerce(span, inner_type, held) if inner_type != type_ else held
    flow = body.flow
    value = access(inner)
    body.flow = flow if not body.flow.is_reachable else body.flow
    test = hir.IsNull(span, body.session.bool_type, held)
    if value.type is UNIT:
        skip = hir.Block(span, UNIT, ())
        result: hir.Expr = hir.If(span, UNIT, test, skip, value)
    else:
        result_type = nullable(value.type)
        result = hir.If(
            span, result_type, test, body.coerce(body.null(span), result_type), body.coerce(value, result_type)
        )
    return body.sequence(span, before, result)


def check_not_null(body: Body, node: ast.NotNull, expected: Type | None) -> hir.Expr:
    """`operand!!`."""
    wanted = nullable(expected) if expected is not None and expected is not UNIT else None
    value = body.value(node.operand, wanted)
    type_ = value.type
    if isinstance(type_, ErrorType):
        return value
    if isinstance(type_, NullType):
        body.error(code.MISMATCH, node.span, "`null!!` always throws")
        return body.invalid(node.span)
    if not is_nullable(type_):
        body.warn(code.ALWAYS_SAME, node.span, "this is never null, so `!!` does nothing", suggestion="leave it out")
        return value
    inner = type_.inner if isinstance(type_, NullableType) else type_
    key = key_of(value)
    if key is not None:
        body.flow = body.flow.narrow(key, inner)
    return hir.NotNull(node.span, inner, value)
