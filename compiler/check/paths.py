"""Paths: values that cannot change by themselves, for which flow typing can keep facts."""

from __future__ import annotations

from compiler.check.flow import Key
from compiler.ir import hir
from compiler.ir.symbols import FieldSymbol, GlobalSymbol, LocalSymbol


def key_of(expr: hir.Expr) -> Key | None:
    """Return the path of a value that cannot change by itself: a local, a `let` of a module, or immutable fields."""
    match expr:
        case hir.LocalGet(_, _, local):
            return local
        case hir.GlobalGet(_, _, variable) if not variable.is_mutable:
            return variable
        case hir.Coerce(_, _, value):
            return key_of(value)
        case hir.FieldGet(_, _, inner, field) if not field.is_mutable:
            key = key_of(inner)
            if key is None:
                return None
            path: tuple[LocalSymbol | GlobalSymbol | FieldSymbol, ...] = key if isinstance(key, tuple) else (key,)
            return (*path, field)
    return None
