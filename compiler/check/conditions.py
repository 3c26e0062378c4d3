"""Conditions: Bools, and what is known when they hold and when they do not (flow typing).

`condition` returns the expression with the flow of either outcome; the checkers for the operators as values
join the two.
"""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.declared import SourceClass
from compiler.check.flow import Flow, join_flows
from compiler.check.paths import key_of
from compiler.check.subtyping import (
    is_nullable,
    is_subtype,
    mentions_error,
    non_null,
    supertype_instance,
)
from compiler.check.type_display import display
from compiler.check.type_resolution import resolve_path, resolve_type
from compiler.ir import hir
from compiler.ir.symbols import ClassKind
from compiler.ir.types import (
    AnyType,
    ClassType,
    ErrorType,
    FunctionType,
    NullableType,
    NullType,
    ParameterType,
    Repr,
    Type,
)
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator as Op
from compiler.syntax.ast import UnaryOperator

_NULL_TESTS = {Op.EQUAL: True, Op.IDENTICAL: True, Op.NOT_EQUAL: False, Op.NOT_IDENTICAL: False}


def condition(body: Body, node: ast.Expression) -> tuple[hir.Expr, Flow, Flow]:
    """Check a Bool; return it, the flow if it is true and the flow if it is false."""
    match node:
        case ast.Binary(_, Op.AND):
            return _both(body, node)
        case ast.Binary(_, Op.OR):
            return _either(body, node)
        case ast.Unary(_, UnaryOperator.NOT, operand):
            value, when_true, when_false = condition(body, operand)
            negated = value if isinstance(value.type, ErrorType) else hir.Not(node.span, value.type, value)
            return negated, when_false, when_true
        case ast.Binary(_, operator) if operator in _NULL_TESTS:
            if isinstance(node.right, ast.NullLiteral):
                return null_test(body, node, node.left)
            if isinstance(node.left, ast.NullLiteral):
                return null_test(body, node, node.right)
            return _equality(body, node)
        case ast.TypeTest():
            return type_test(body, node)
        case ast.BoolLiteral(_, value):
            flow = body.flow
            constant = body.boolean(node.span, value)
            return (constant, flow, flow.dead()) if value else (constant, flow.dead(), flow)
    result = body.typed(node, body.session.bool_type)
    return result, body.flow, body.flow


def check_condition(body: Body, node: ast.Expression, expected: Type | None) -> hir.Expr:
    """A condition as a value."""
    value, when_true, when_false = condition(body, node)
    body.flow = join_flows(when_true, when_false)
    return value


def _both(body: Body, node: ast.Binary) -> tuple[hir.Expr, Flow, Flow]:
    left, left_true, left_false = condition(body, node.left)
    body.flow = left_true
    right, when_true, right_false = condition(body, node.right)
    value: hir.Expr = hir.And(node.span, body.session.bool_type, left, right)
    if isinstance(left.type, ErrorType) or isinstance(right.type, ErrorType):
        value = body.invalid(node.span)
    return value, when_true, join_flows(left_false, right_false)


def _either(body: Body, node: ast.Binary) -> tuple[hir.Expr, Flow, Flow]:
    left, left_true, left_false = condition(body, node.left)
    body.flow = left_false
    right, right_true, when_false = condition(body, node.right)
    value: hir.Expr = hir.Or(node.span, body.session.bool_type, left, right)
    if isinstance(left.type, ErrorType) or isinstance(right.type, ErrorType):
        value = body.invalid(node.span)
    return value, join_flows(left_true, right_true), when_false


def null_test(body: Body, node: ast.Binary, operand: ast.Expression) -> tuple[hir.Expr, Flow, Flow]:
    """`operand == null` and its kin."""
    is_equal = _NULL_TESTS[node.operator]
    value = body.value(operand)
    type_ = value.type
    flow = body.flow
    if isinstance(type_, ErrorType):
        return body.invalid(node.span), flow, flow
    if not is_nullable(type_):
        outcome = "false" if is_equal else "true"
        body.warn(
            code.ALWAYS_SAME,
            node.span,
            f"this is always {outcome}: `{display(type_)}` is never null",
        )
        known = hir.Block(node.span, body.session.bool_type, (value, body.boolean(node.span, not is_equal)))
        return known, flow, flow
    test: hir.Expr = hir.IsNull(node.span, body.session.bool_type, value)
    if not is_equal:
        test = hir.Not(node.span, body.session.bool_type, test)
    key = key_of(value)
    other = flow.narrow(key, type_.inner) if key is not None and isinstance(type_, NullableType) else flow
    return (test, flow, other) if is_equal else (test, other, flow)


def _equality(body: Body, node: ast.Binary) -> tuple[hir.Expr, Flow, Flow]:
    """Equality with something that is never null tells that the other side is not null either."""
    from compiler.check.equality import equality, identity

    is_identity = node.operator in (Op.IDENTICAL, Op.NOT_IDENTICAL)
    left, right, value = (identity if is_identity else equality)(body, node)
    flow = body.flow
    equal = flow
    for one, other in ((left, right), (right, left)):
        if isinstance(one.type, NullableType) and not is_nullable(other.type):
            key = key_of(one)
            if key is not None:
                equal = equal.narrow(key, one.type.inner)
    return (value, equal, flow) if _NULL_TESTS[node.operator] else (value, flow, equal)


# `is`


def type_test(body: Body, node: ast.TypeTest) -> tuple[hir.Expr, Flow, Flow]:
    """`operand is T`."""
    value = body.value(node.operand)
    target = tested_type(body, node.type, value.type)
    flow = body.flow
    if isinstance(target, ErrorType) or isinstance(value.type, ErrorType):
        return body.invalid(node.span), flow, flow
    bool_type = body.session.bool_type
    if is_subtype(value.type, target) and not mentions_error(value.type):
        outcome = "false" if node.is_negated else "true"
        body.warn(
            code.ALWAYS_SAME,
            node.span,
            f"this is always {outcome}: `{display(value.type)}` is a `{display(target)}`",
        )
    elif not may_be(value.type, target):
        body.error(
            code.IMPOSSIBLE_TEST,
            node.span,
            f"`{display(value.type)}` is never a `{display(target)}`",
        )
        return body.invalid(node.span), flow, flow
    test: hir.Expr = hir.IsInstance(node.span, bool_type, value, target)
    narrowed = flow
    key = key_of(value)
    if key is not None and not is_subtype(value.type, target):
        narrowed = flow.narrow(key, target)
    if node.is_negated:
        return hir.Not(node.span, bool_type, test), flow, narrowed
    return test, narrowed, flow


def may_be(found: Type, target: Type) -> bool:
    """Tell whether a value of one type can at the same time be of another."""
    a, b = non_null(found), non_null(target)
    if is_subtype(a, b) or is_subtype(b, a) or isinstance(a, AnyType | ParameterType):
        return True
    if isinstance(b, ParameterType | AnyType):
        return True
    if isinstance(a, NullType):
        return isinstance(target, NullableType)
    if isinstance(a, ClassType) and isinstance(b, ClassType):
        return _classes_may_meet(a, b)
    return False


def _classes_may_meet(a: ClassType, b: ClassType) -> bool:
    for one, other in ((a, b), (b, a)):
        above = supertype_instance(one, other.symbol)
        if above is not None:
            return all(
                isinstance(x, ParameterType) or isinstance(y, ParameterType) or x == y
                for x, y in zip(above.arguments, other.arguments, strict=False)
            )
    if a.symbol.builtin not in (None, Repr.OBJECT) or b.symbol.builtin not in (None, Repr.OBJECT):
        return False
    for one, other in ((a, b), (b, a)):
        if one.symbol.kind is ClassKind.INTERFACE:
            return other.symbol.is_open or other.symbol.kind is ClassKind.INTERFACE
    return False


def tested_type(body: Body, node: ast.Type, found: Type) -> Type:
    """Return the type that `is`, `as` or a pattern asks for; its arguments must be there at run time.

    Objects of a generic class know primitives and String as arguments, no others: these must follow from the
    type that is known already.  Written without arguments, a class has those that follow.
    """
    if isinstance(node, ast.NamedType) and not node.arguments:
        raw = _raw_class(body, node, found)
        if raw is not None:
            return raw
    target = resolve_type(body.scope, node)
    if isinstance(target, ErrorType):
        return target
    inner = non_null(target)
    if isinstance(inner, FunctionType):
        body.error(code.ERASED_TEST, node.span, "whether a value is a function of some type cannot be tested")
        return ErrorType()
    if isinstance(inner, ParameterType) and not body.module.is_system:
        body.error(
            code.ERASED_TEST,
            node.span,
            f"what `{display(inner)}` stands for is not known at run time, so it cannot be tested",
        )
        return ErrorType()
    if isinstance(inner, ClassType) and inner.arguments and not _is_testable(body, inner, non_null(found)):
        body.error(
            code.ERASED_TEST,
            node.span,
            f"the type arguments of `{display(inner)}` are not known at run time, so they cannot be tested",
            notes=["objects know type arguments that are primitives or String, and no others"],
        )
        return ErrorType()
    return target


def _raw_class(body: Body, node: ast.NamedType, found: Type) -> Type | None:
    if len(node.path) == 1 and (node.path[0].text in body.scope.type_params or node.path[0].text == "Any"):
        return None
    entity = resolve_path(body.scope, node.path) if len(node.path) > 1 or _is_class(body, node) else None
    if not isinstance(entity, SourceClass) or not entity.type_params:
        return None
    known = implied_instance(entity, non_null(found))
    if known is None:
        return None
    return known


def _is_class(body: Body, node: ast.NamedType) -> bool:
    from compiler.check.type_resolution import lookup_entity

    return isinstance(lookup_entity(body.scope, node.path[0].text), SourceClass)


def implied_instance(symbol: SourceClass, found: Type) -> ClassType | None:
    """Return the instance of a generic class that a value must be of if it is one at all, or None."""
    from compiler.check.inference import Inference

    if not isinstance(found, ClassType):
        return None
    above = supertype_instance(symbol.type, found.symbol)
    if above is None:
        return None
    inference = Inference(symbol.type_params, {})
    for ours, theirs in zip(above.arguments, found.arguments, strict=False):
        inference.constrain(ours, theirs, 0)
    if len(inference.exact) != len(symbol.type_params):
        return None
    applied = inference.apply(symbol.type)
    assert isinstance(applied, ClassType)
    return applied


def _is_testable(body: Body, target: ClassType, found: Type) -> bool:
    if body.module.is_system or body.is_synthetic:
        return True
    if all(isinstance(item, ClassType) and _is_specialised(item) for item in target.arguments):
        return True
    assert isinstance(target.symbol, SourceClass)
    own = body.scope.owner
    if own is not None and own is target.symbol and target == own.type:
        # A class may compare itself with another object of its own instance, as equals does.
        return True
    implied = implied_instance(target.symbol, found)
    return implied is not None and implied == target


def _is_specialised(type_: ClassType) -> bool:
    builtin = type_.symbol.builtin
    return builtin is not None and (builtin.is_primitive or builtin is Repr.STRING)


def check_cast(body: Body, node: ast.Cast, expected: Type | None) -> hir.Expr:
    """`operand as T` and `operand as? T`."""
    value = body.value(node.operand)
    target = tested_type(body, node.type, value.type)
    if isinstance(target, ErrorType) or isinstance(value.type, ErrorType):
        return hir.Constant(node.span, target, None)
    if is_subtype(value.type, target):
        body.warn(code.ALWAYS_SAME, node.span, f"this is a `{display(target)}` already")
        return body.coerce(value, target)
    if not may_be(value.type, target):
        hint = _conversion(value.type, target)
        body.error(
            code.IMPOSSIBLE_TEST,
            node.span,
            f"`{display(value.type)}` is never a `{display(target)}`",
            suggestion=hint,
        )
        return hir.Constant(node.span, target, None)
    if not node.is_safe:
        key = key_of(value)
        if key is not None:
            body.flow = body.flow.narrow(key, target)
        return hir.Cast(node.span, target, value)
    return _safe_cast(body, node, value, target)


def _conversion(found: Type, target: Type) -> str | None:
    from compiler.check.session import number_kind

    if number_kind(found) is not None and number_kind(target) is not None:
        return f"numbers are converted by functions: `.to{display(target)}()`"
    if display(found) == "String" and display(target) in ("Int", "Float", "Float32"):
        return f"numbers are read from text by functions: `.to{display(target)}()`"
    if display(target) == "String":
        return 'anything becomes text in `"${value}"`'
    return None


def _safe_cast(body: Body, node: ast.Cast, value: hir.Expr, target: Type) -> hir.Expr:
    from compiler.check.subtyping import nullable

    span = node.span
    local = body.temporary(value.type)
    held = body.get(local, span)
    result = nullable(target)
    test = hir.IsInstance(span, body.session.bool_type, held, target)
    found = body.coerce(hir.Coerce(span, target, held), result)
    none = body.coerce(body.null(span), result)
    return hir.Block(span, result, (body.set(local, value), hir.If(span, result, test, found, none)))
