"""Statements: declarations of locals, destructuring, `assert`, and expressions for their effect."""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.assignment import check_assign
from compiler.check.body import Body
from compiler.check.conditions import condition
from compiler.check.declared import DeclaredLocal
from compiler.check.destructuring import binding_names, destructure_value
from compiler.check.local_functions import check_local_function
from compiler.check.loops import check_do_while, check_for, check_while
from compiler.check.modifiers import check_annotations, check_modifiers
from compiler.check.operators import METHODS
from compiler.check.subtyping import is_subtype, mentions_error, nullable
from compiler.check.type_display import display
from compiler.check.type_resolution import resolve_type
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.types import (
    ERROR,
    NOTHING,
    UNIT,
    ErrorType,
    NothingType,
    NullableType,
    NullType,
    Type,
    UnitType,
)
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op

_COMPARISONS = frozenset({Op.EQUAL, Op.NOT_EQUAL, Op.LESS, Op.LESS_EQUAL, Op.GREATER, Op.GREATER_EQUAL,
                          Op.IDENTICAL, Op.NOT_IDENTICAL, Op.IN, Op.NOT_IN})  # fmt: skip


def check_statement(body: Body, node: ast.Statement) -> hir.Expr:
    """Check one statement; the result's value is not used."""
    match node:
        case ast.ExpressionStatement(_, expression):
            return check_effect(body, expression)
        case ast.Assign():
            return check_assign(body, node)
        case ast.Variable():
            return check_variable(body, node)
        case ast.For():
            return check_for(body, node)
        case ast.While():
            return check_while(body, node)
        case ast.DoWhile():
            return check_do_while(body, node)
        case ast.Assert():
            return check_assert(body, node)
        case ast.Function():
            return check_local_function(body, node)
        case ast.Defer():
            raise AssertionError("`defer` is checked with the block that it stands in")


def check_effect(body: Body, node: ast.Expression) -> hir.Expr:
    """An expression on a line of its own."""
    value = body.expr(node, UNIT)
    if value.type is NOTHING:
        body.end_here()
    elif _has_no_effect(node, value) and not isinstance(value.type, ErrorType):
        body.warn(
            code.NO_EFFECT,
            node.span,
            "this value is not used",
            suggestion="did you mean `=`?" if isinstance(node, ast.Binary) and node.operator is Op.EQUAL else None,
        )
    return value


def _has_no_effect(node: ast.Expression, value: hir.Expr) -> bool:
    if isinstance(node, ast.Binary):
        return node.operator in _COMPARISONS or (node.operator in METHODS and _is_of_machine(value))
    if isinstance(node, ast.Unary):
        return _is_of_machine(value)
    return isinstance(
        node,
        ast.IntLiteral
        | ast.FloatLiteral
        | ast.BoolLiteral
        | ast.NullLiteral
        | ast.CharLiteral
        | ast.StringLiteral
        | ast.StringTemplate
        | ast.Name
        | ast.This
        | ast.Lambda
        | ast.ListLiteral
        | ast.MapLiteral
        | ast.TupleLiteral
        | ast.TypeTest,
    )


def _is_of_machine(value: hir.Expr) -> bool:
    """Tell whether an operator is one of numbers, texts or truth values, and no method of the user."""
    if isinstance(value, hir.Call):
        owner = value.function.owner
        return owner is not None and owner.builtin is not None and owner.builtin.is_primitive
    return isinstance(value, hir.Constant | hir.Concat | hir.Not)


# Locals


def check_variable(body: Body, node: ast.Variable) -> hir.Expr:
    """`let` or `var` in a function."""
    if body.module.is_user:
        check_modifiers(body.module, node.modifiers, "local", "a local variable")
        check_annotations(body.module, node.modifiers.annotations, frozenset())
    if node.getter is not None or node.setter is not None:
        body.error(code.WRONG_DECLARATION, node.span, "a local variable has no `get` or `set`")
    declared = resolve_type(body.scope, node.type) if node.type is not None else None
    if isinstance(declared, UnitType | NothingType):
        body.error(code.NO_VALUE, node.span, f"a variable cannot be of type `{display(declared)}`, which has no values")
        if node.initializer is not None:
            body.expr(node.initializer, UNIT)
            for name in binding_names(node.binding):
                body.declare(DeclaredLocal(name.text, ERROR, name.span, "lost"))
            return body.invalid(node.span)
        declared = ERROR
    if node.initializer is None:
        return _late_variable(body, node, declared)
    body.is_lost = isinstance(declared, ErrorType)
    found = body.value(node.initializer, declared)
    body.is_lost = False
    value = found
    if declared is not None:
        assert node.type is not None
        value = body.coerce(found, declared, Label(node.type.span, f"because `{display(declared)}` is written here"))
        if isinstance(value.type, ErrorType):
            value = hir.Constant(value.span, declared, None)
    elif isinstance(found.type, NullType):
        body.error(
            code.NEEDS_TYPE,
            node.initializer.span,
            "`null` alone does not say of what type the variable is",
            suggestion="write the type, as in `: String?`",
        )
        value = body.invalid(found.span)
    if isinstance(node.binding, ast.TupleBinding):
        return destructure_value(body, node.binding, value, is_mutable=node.is_mutable)
    name = node.binding.name
    local = DeclaredLocal(name.text, value.type, name.span, "variable", is_mutable=node.is_mutable)
    body.declare(local)
    note_value(body, local, found.type)
    return body.set(local, value) if name.text != "_" else body.discard(value)


def note_value(body: Body, local: DeclaredLocal, found: Type) -> None:
    """Remember that a local of a nullable type holds a value that is not null."""
    if holds_value(local.type, found):
        body.flow = body.flow.narrow(local, local.type.inner if isinstance(local.type, NullableType) else local.type)


def holds_value(declared: Type, found: Type) -> bool:
    """Tell whether a variable of a nullable type that gets a value of type ``found`` is not null then."""
    return (
        isinstance(declared, NullableType)
        and not isinstance(found, NullableType | NullType | ErrorType | NothingType)
        and not mentions_error(found)
        and is_subtype(found, declared.inner)
    )


def _late_variable(body: Body, node: ast.Variable, declared: Type | None) -> hir.Expr:
    if isinstance(node.binding, ast.TupleBinding) or declared is None:
        body.error(
            code.NEEDS_TYPE,
            node.span,
            "a variable needs a type or a value",
            suggestion="write `: Type` after the name, or `= value`",
        )
        declared = ERROR
    for name in binding_names(node.binding):
        local = DeclaredLocal(name.text, declared, name.span, "variable", is_mutable=node.is_mutable)
        local.has_late_value = True
        body.declare(local)
        body.late_local(local)
        if not isinstance(declared, ErrorType):
            body.flow = body.flow.declare_unassigned(local)
    return hir.Block(node.span, UNIT, ())


# `assert`


def check_assert(body: Body, node: ast.Assert) -> hir.Expr:
    """`assert condition, message`: throws an AssertionError that shows both sides of a comparison."""
    from compiler.check.equality import comparison_parts

    span = node.span
    steps: list[hir.Expr] = []
    shown = comparison_parts(body, node.condition)
    sides: tuple[hir.Expr, hir.Expr] | None = None
    if shown is not None:
        steps, test, *both = shown
        sides = (both[0], both[1])
        when_true = body.flow
    else:
        test, when_true, when_false = condition(body, node.condition)
        body.flow = when_false
    message = body.coerce(_failure_text(body, node, sides), nullable(body.session.string_type))
    body.flow = when_true
    if isinstance(test.type, ErrorType):
        return body.invalid(span)
    failed = hir.Call(span, NOTHING, body.session.core_function("assertFailed"), (), (), (message,))
    check = hir.If(span, UNIT, hir.Not(span, test.type, test), hir.Block(span, NOTHING, (failed,)), None)
    return hir.Block(span, UNIT, (*steps, check))


def _failure_text(body: Body, node: ast.Assert, sides: tuple[hir.Expr, hir.Expr] | None) -> hir.Expr:
    """What a failed assertion says: its source text, both sides of a comparison, the message it was given."""
    string = body.session.string_type
    parts = [_text(body, f"assertion failed: {_source(node.condition)}")]
    if sides is not None:
        left, right = sides
        parts += [_text(body, " (left: "), *_quoted(body, left), _text(body, ", right: "), *_quoted(body, right)]
        parts.append(_text(body, ")"))
    if node.message is not None:
        parts += [_text(body, ": "), as_text(body, body.typed(node.message, nullable(string)))]
    return hir.Concat(node.span, string, tuple(parts))


def _quoted(body: Body, value: hir.Expr) -> list[hir.Expr]:
    """A value as text, a string between quotes: what differs may be a space at its end."""
    text = as_text(body, value)
    return [_text(body, '"'), text, _text(body, '"')] if value.type == body.session.string_type else [text]


def _source(node: ast.Expression) -> str:
    text = " ".join(node.span.text.split())
    return text if len(text) <= 120 else text[:117] + "..."


def _text(body: Body, value: str) -> hir.Expr:
    function = body.function
    span = function.span if function is not None and function.span is not None else body.module.tree.span
    return hir.Constant(span, body.session.string_type, value)


def as_text(body: Body, value: hir.Expr) -> hir.Expr:
    """Return a value as text, as in a template."""
    from compiler.check.literals import to_text

    return to_text(body, value)
