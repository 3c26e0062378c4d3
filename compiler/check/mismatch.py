"""What to say when a value is of the wrong type, and what to write instead."""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.session import FLOATS, Session, number_kind
from compiler.check.subtyping import is_subtype, mentions_error, non_null
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.types import ClassType, FunctionType, NullableType, NullType, Repr, Type, UnitType


def explain_mismatch(session: Session, expr: hir.Expr, target: Type, why: Label | None) -> None:
    """Report that ``expr`` is not of type ``target``."""
    found = expr.type
    if mentions_error(found) or mentions_error(target):
        return
    if isinstance(found, UnitType):
        message, label = f"expected `{display(target)}`, but this has no value", "this is `Unit`"
    elif isinstance(found, NullType):
        message, label = f"expected `{display(target)}`, found `null`", "this is `null`"
    else:
        message = f"expected `{display(target)}`, found `{display(found)}`"
        label = f"this is `{display(found)}`"
    session.diagnostics.error(
        code.MISMATCH,
        expr.span,
        message,
        label=label,
        labels=[why] if why is not None else [],
        notes=_notes(found, target),
        suggestion=_suggestion(expr, target),
    )


def _notes(found: Type, target: Type) -> list[str]:
    left, right = non_null(found), non_null(target)
    if not isinstance(left, ClassType) or not isinstance(right, ClassType) or left.symbol is not right.symbol:
        return []
    if not left.arguments:
        return []
    name = left.symbol.name
    article = "an" if name[0] in "AEIOU" else "a"
    return [f"{article} `{name}` of one type is no `{name}` of another, even where one is a kind of the other"]


def _suggestion(expr: hir.Expr, target: Type) -> str | None:
    found = expr.type
    if isinstance(found, NullType):
        return f"make the type `{display(target)}?` if it may be null"
    if isinstance(found, NullableType) and is_subtype(found.inner, target):
        return "handle null with `?: other`, test for it before, or write `!!` if it cannot be null here"
    wanted = non_null(target)
    if (
        isinstance(expr, hir.Constant)
        and expr.value is not None
        and number_kind(found) is not None
        and number_kind(wanted) in FLOATS
    ):
        return f"write `{expr.value}.0`" if number_kind(found) not in FLOATS else None
    if isinstance(found, ClassType) and found.symbol.name == "IntRange" and number_kind(wanted) is not None:
        return "a part of a text or list is `.slice(start, end)`, without the end"
    if number_kind(found) is not None and number_kind(wanted) is not None:
        return f"convert it with `.to{display(wanted)}()`"
    if not isinstance(wanted, ClassType):
        return "put it in braces to make a function of it" if isinstance(wanted, FunctionType) else None
    if wanted.symbol.builtin is Repr.STRING and not isinstance(found, UnitType):
        return 'make it text with `"${ }"`'
    if isinstance(found, ClassType) and found.symbol.builtin is Repr.ARRAY and wanted.symbol.name == "List":
        return "convert it with `.toList()`"
    if wanted.symbol.builtin is Repr.BOOL and number_kind(found) is not None:
        return "compare it with something, as in `!= 0`"
    return None
