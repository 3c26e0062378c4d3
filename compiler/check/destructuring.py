"""Taking tuples and objects of data classes apart: declarations of several names, and assignment to several places."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.calls import hold, named
from compiler.check.declared import DeclaredLocal, Property, SourceClass
from compiler.check.members import find, is_tuple, read_property
from compiler.check.overloads import type_aside
from compiler.check.type_display import display
from compiler.ir import hir
from compiler.ir.types import UNIT, ClassType, ErrorType, NullType, Type
from compiler.syntax import ast
from compiler.syntax.source import Span

# Declarations


def binding_names(binding: ast.Binding) -> list[ast.Identifier]:
    """Return the names that a binding declares, in order."""
    if isinstance(binding, ast.NameBinding):
        return [binding.name]
    return [name for element in binding.elements for name in binding_names(element)]


def destructure_value(
    body: Body, binding: ast.TupleBinding, value: hir.Expr, *, is_mutable: bool = False, role: str = "variable"
) -> hir.Expr:
    """Declare the names of a binding and give them the parts of a value."""
    span = binding.span
    held = body.temporary(value.type)
    steps: list[hir.Expr] = [body.set(held, value)]
    destructure(body, binding, body.get(held, span), steps, is_mutable=is_mutable, role=role)
    return hir.Block(span, UNIT, tuple(steps))


def destructure(
    body: Body,
    binding: ast.Binding,
    value: hir.Expr,
    steps: list[hir.Expr],
    *,
    is_mutable: bool = False,
    role: str = "variable",
) -> None:
    """Add to ``steps`` what gives the names of a binding the parts of a value that can be repeated."""
    if isinstance(binding, ast.NameBinding):
        name = binding.name
        local = DeclaredLocal(name.text, value.type, name.span, role, is_mutable=is_mutable)
        body.declare(local)
        if name.text != "_":
            steps.append(body.set(local, value))
        return
    parts = components(body, value, len(binding.elements), binding.span)
    for element, part in zip(binding.elements, parts, strict=True):
        if isinstance(element, ast.TupleBinding):
            held = body.temporary(part.type)
            steps.append(body.set(held, part))
            part = body.get(held, element.span)  # noqa: PLW2901 - the part is held now
        destructure(body, element, part, steps, is_mutable=is_mutable, role=role)


def components(body: Body, value: hir.Expr, count: int, span: Span) -> list[hir.Expr]:
    """Return the parts of a tuple or of an object of a data class."""
    type_ = value.type
    invalid = [body.invalid(span)] * count
    if isinstance(type_, ErrorType):
        return invalid
    names = component_names(type_)
    if names is None:
        body.error(
            code.WRONG_DESTRUCTURING,
            span,
            "only tuples and data classes can be taken apart",
            label=f"the value is `{display(type_)}`",
        )
        return invalid
    if len(names) != count:
        body.error(
            code.WRONG_DESTRUCTURING,
            span,
            f"`{display(type_)}` has {len(names)} parts, but {count} names are given",
        )
        return invalid
    parts: list[hir.Expr] = []
    for name in names:
        found = find(body, type_, name)
        assert found is not None
        parts.append(read_property(body, value, found, span))
    return parts


def component_names(type_: Type) -> list[str] | None:
    """Return the properties that make up a tuple or data class, or None for other types."""
    if not isinstance(type_, ClassType):
        return None
    symbol = type_.symbol
    assert isinstance(symbol, SourceClass)
    if not is_tuple(type_) and not symbol.is_data:
        return None
    assert isinstance(symbol.node, ast.Class)
    names = [item.name.text for item in symbol.node.parameters or ()]
    return [name for name in names if isinstance(symbol.instance.get(name), Property)]


# Assignments


def assign_parts(
    body: Body, node: ast.Assign, target: ast.TupleLiteral, assign: Callable[[Body, ast.Assign], hir.Expr]
) -> hir.Expr:
    """`(a, b) = value`: first the whole value, then what ``assign`` makes of each part, from left to right."""
    steps: list[hir.Expr] = []
    with ExitStack() as names:
        parts = _parts(body, target, node.value, steps, names)
        stored = [assign(body, ast.Assign(leaf.span, leaf, None, node.operator_span, name)) for leaf, name in parts]
    return hir.Block(node.span, UNIT, (*steps, *stored))


_Part = tuple[ast.Expression, ast.Name]


def _parts(
    body: Body, target: ast.Expression, value: ast.Expression, steps: list[hir.Expr], names: ExitStack
) -> list[_Part]:
    """Check a value, and name the part of it that each variable gets; a tuple that is written is not made."""
    if not isinstance(target, ast.TupleLiteral):
        hint = _target_type(body, target)
        found = body.value(value, hint)
        if isinstance(found.type, NullType) and hint is not None:
            found = body.coerce(found, hint)
        return _name_part(body, target, found, steps, names)
    if isinstance(value, ast.TupleLiteral) and len(value.elements) == len(target.elements):
        pairs = zip(target.elements, value.elements, strict=True)
        return [part for leaf, item in pairs for part in _parts(body, leaf, item, steps, names)]
    return _take_apart(body, target, body.value(value), steps, names)


def _take_apart(
    body: Body, target: ast.Expression, value: hir.Expr, steps: list[hir.Expr], names: ExitStack
) -> list[_Part]:
    if not isinstance(target, ast.TupleLiteral):
        return _name_part(body, target, value, steps, names)
    value = hold(body, value, steps)
    values = components(body, value, len(target.elements), target.span)
    pairs = zip(target.elements, values, strict=True)
    return [part for leaf, item in pairs for part in _take_apart(body, leaf, item, steps, names)]


def _name_part(
    body: Body, target: ast.Expression, value: hir.Expr, steps: list[hir.Expr], names: ExitStack
) -> list[_Part]:
    if isinstance(target, ast.Name) and target.text == "_":
        steps.append(body.discard(value))
        return []
    return [(target, names.enter_context(named(body, value, steps)))]


def _target_type(body: Body, target: ast.Expression) -> Type | None:
    """Return the type of a variable, property or element, which literals take."""
    if isinstance(target, ast.Name):
        if target.text == "_":
            return None
        local = body.locals.get(target.text)
        if local is not None:
            return local.type
    return type_aside(body, target)
