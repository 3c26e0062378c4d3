"""Assignment to locals, module variables, properties and elements, also with an operator."""

from __future__ import annotations

from collections.abc import Callable

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.calls import hold
from compiler.check.declared import (
    ComputedGlobal,
    DeclaredLocal,
    Entity,
    FunctionGroup,
    Property,
    SourceGlobal,
)
from compiler.check.destructuring import assign_parts
from compiler.check.indexing import assign_index
from compiler.check.members import (
    Found,
    call_method,
    check_visible,
    find,
    mapping_of,
    read_property,
    super_member,
    unknown_member,
)
from compiler.check.modules import entity_span
from compiler.check.names import instance_member, report_too_early, static_entity, unknown_name
from compiler.check.null_safety import require_non_null
from compiler.check.operators import operate
from compiler.check.subtyping import is_subtype, mentions_error
from compiler.check.type_resolution import lookup_entity
from compiler.check.variables import read_global
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.types import UNIT, ErrorType, NullableType, Type, substitute
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_assign(body: Body, node: ast.Assign) -> hir.Expr:
    """`target = value`, `target += value`."""
    target = node.target
    match target:
        case ast.Name():
            return _assign_name(body, node, target)
        case ast.Member():
            return _assign_member(body, node, target)
        case ast.Index():
            return assign_index(body, node, target)
        case ast.TupleField():
            body.expr(target)
            body.value(node.value)
            body.error(code.NOT_ASSIGNABLE, target.span, "a tuple cannot be changed", suggestion="make a new one")
            return body.invalid(node.span)
        case ast.TupleLiteral():
            return assign_parts(body, node, target, check_assign)
        case _:
            body.value(node.value)
            return body.invalid(node.span)


def _new_value(
    body: Body, node: ast.Assign, type_: Type, current: Callable[[], hir.Expr], why: Label | None = None
) -> hir.Expr:
    """Return the value to store: the right side, or what the operator makes of the current value and it."""
    if node.operator is None:
        return body.coerce(body.value(node.value, type_), type_, why)
    result = operate(body, node.operator, node.operator_span, node.span, current(), node.value, type_)
    return body.coerce(result, type_, why)


def _assign_name(body: Body, node: ast.Assign, target: ast.Name) -> hir.Expr:
    local = body.locals.get(target.text)
    if local is not None:
        return _assign_local(body, node, target, local)
    if body.early_fields is not None and target.text in body.early_fields:
        report_too_early(body, target.span, f"`{target.text}`")
        body.value(node.value)
        return body.invalid(node.span)
    member = instance_member(body, target.text, target.span)
    if isinstance(member, hir.Node):
        body.value(node.value)
        return body.invalid(node.span)
    if member is not None:
        name = ast.Identifier(target.span, target.text)
        return _assign_property(body, node, body.read_this(target.span), member, name)
    entity = lookup_entity(body.scope, target.text)
    if entity is None:
        unknown_name(body, target)
        body.value(node.value)
        return body.invalid(node.span)
    return _assign_entity(body, node, entity, target.text, target.span)


def _assign_local(body: Body, node: ast.Assign, target: ast.Name, local: DeclaredLocal) -> hir.Expr:
    why = Label(local.span, f"`{local.name}` is declared here")
    if node.operator is not None:
        value = _new_value(body, node, local.type, lambda: body.read_local(local, target.span), why)
        found = value.type
    else:
        plain = body.value(node.value, local.type)
        found = plain.type
        value = body.coerce(plain, local.type, why)
    if not _may_assign(body, local, target.span):
        return body.invalid(node.span)
    in_lambda = local.frame is not body.frame
    if in_lambda:
        body.capture(local, local.frame)
        local.is_lambda_assigned = True
    if not local.has_late_value or local.is_mutable:
        local.is_assigned = True
    body.assigned_log.append(local)
    flow = body.flow
    if local in flow.narrowed or flow.narrowed:
        flow = flow.forget({local})
    if local.has_late_value:
        flow = flow.assign(local)
    if isinstance(local.type, NullableType) and is_subtype(found, local.type.inner) and not mentions_error(found):
        flow = flow.narrow(local, local.type.inner)
    body.flow = flow
    return hir.LocalSet(node.span, UNIT, local, value)


def _may_assign(body: Body, local: DeclaredLocal, span: Span) -> bool:
    if local.is_mutable:
        return True
    local.is_used = True
    labels = [Label(local.span, "declared here")]
    if not local.has_late_value:
        what = {"parameter": "a parameter", "loop variable": "a loop variable", "pattern": "bound by a pattern",
                "exception": "a caught exception"}.get(local.role, "declared with `let`")  # fmt: skip
        body.error(
            code.NOT_ASSIGNABLE,
            span,
            f"`{local.name}` cannot be assigned to: it is {what}",
            labels=labels,
            suggestion="declare it with `var`"
            if local.role == "variable"
            else f"copy it to a variable: `var copy = {local.name}`",
        )
        return False
    if local.frame is not body.frame or local.loop_depth != body.frame.loop_depth:
        where = "a lambda" if local.frame is not body.frame else "a loop"
        body.error(
            code.ASSIGNED_TWICE,
            span,
            f"`{local.name}` is declared with `let`, and {where} could assign it more than once",
            labels=labels,
            suggestion="declare it with `var`",
        )
        body.flow = body.flow.assign(local)
        return False
    if local in body.flow.assigned and body.flow.is_reachable:
        body.error(
            code.ASSIGNED_TWICE,
            span,
            f"`{local.name}` is declared with `let` and may have a value already",
            labels=labels,
            suggestion="declare it with `var`",
        )
        body.flow = body.flow.assign(local)
        return False
    return True


# Things declared outside of functions


def _assign_entity(body: Body, node: ast.Assign, entity: Entity, name: str, span: Span) -> hir.Expr:
    if isinstance(entity, ComputedGlobal):
        setter = entity.setter
        if setter is not None:
            value = _new_value(
                body, node, setter.params[0].type,
                lambda: hir.Call(span, entity.getter.result, entity.getter, (), (), ()),
            )  # fmt: skip
            return hir.Call(node.span, UNIT, setter, (), (), (value,))
    elif isinstance(entity, SourceGlobal):
        value = _new_value(body, node, entity.type, lambda: read_global(body, entity, span))
        if entity.is_mutable:
            if entity.module != body.module.name and entity.owner is None:
                body.error(
                    code.NOT_ASSIGNABLE,
                    span,
                    f"`{name}` can be assigned only in its own module",
                    suggestion="let that module offer a function for it",
                )
            return hir.GlobalSet(node.span, UNIT, entity, value)
    else:
        body.value(node.value)
        body.error(code.NOT_ASSIGNABLE, span, f"`{name}` is no variable and cannot be assigned to")
        return body.invalid(node.span)
    place = entity_span(entity)
    body.error(
        code.NOT_ASSIGNABLE,
        span,
        f"`{name}` cannot be assigned to: it is declared with `let`",
        labels=[Label(place, "declared here")] if place is not None else [],
        suggestion="declare it with `var`",
    )
    if isinstance(entity, ComputedGlobal):
        body.value(node.value)
    return body.invalid(node.span)


def _assign_member(body: Body, node: ast.Assign, target: ast.Member) -> hir.Expr:
    if isinstance(target.object, ast.Super):
        found = super_member(body, target.object.span, target.name)
        if found is None:
            body.value(node.value)
            return body.invalid(node.span)
        return _assign_property(body, node, body.read_this(target.span), found, target.name)
    if not target.is_safe:
        base = static_entity(body, target.object)
        if base is not None:
            entity = static_entity(body, target)
            if entity is not None:
                return _assign_entity(body, node, entity, target.name.text, target.span)
    receiver = body.value(target.object)
    if target.is_safe:
        return _assign_safely(body, node, receiver, target)
    receiver = require_non_null(body, receiver, target.name.text, target.span)
    return _assign_on(body, node, receiver, target.name)


def _assign_safely(body: Body, node: ast.Assign, receiver: hir.Expr, target: ast.Member) -> hir.Expr:
    type_ = receiver.type
    if not isinstance(type_, NullableType):
        return _assign_on(body, node, require_non_null(body, receiver, target.name.text, target.span), target.name)
    before: list[hir.Expr] = []
    held = hold(body, receiver, before)
    flow = body.flow
    stored = _assign_on(body, node, hir.Coerce(receiver.span, type_.inner, held), target.name)
    body.flow = flow
    test = hir.Not(node.span, body.session.bool_type, hir.IsNull(node.span, body.session.bool_type, held))
    return body.sequence(node.span, before, hir.If(node.span, UNIT, test, body.discard(stored), None))


def _assign_on(body: Body, node: ast.Assign, receiver: hir.Expr, name: ast.Identifier) -> hir.Expr:
    if isinstance(receiver.type, ErrorType):
        body.value(node.value)
        return body.invalid(node.span)
    found = find(body, receiver.type, name.text)
    if found is None or isinstance(found.member, FunctionGroup):
        if found is None:
            unknown_member(body, receiver, name)
        else:
            body.error(code.NOT_ASSIGNABLE, name.span, f"`{name.text}` is a method and cannot be assigned to")
        body.value(node.value)
        return body.invalid(node.span)
    return _assign_property(body, node, receiver, found, name)


def _assign_property(body: Body, node: ast.Assign, receiver: hir.Expr, found: Found, name: ast.Identifier) -> hir.Expr:
    prop = found.member
    if isinstance(prop, FunctionGroup):
        body.error(code.NOT_ASSIGNABLE, name.span, f"`{name.text}` is a method and cannot be assigned to")
        body.value(node.value)
        return body.invalid(node.span)
    assert isinstance(prop, Property)
    mapping = mapping_of(found)
    type_ = substitute(prop.type, mapping) if mapping else prop.type
    before: list[hir.Expr] = []
    if node.operator is not None:
        receiver = hold(body, receiver, before)
    value = _new_value(
        body,
        node,
        type_,
        lambda: read_property(body, receiver, found, name.span),
        Label(prop.span, f"because `{prop.name}` is declared here") if found.owner.scope.module.is_user else None,
    )
    if not prop.is_mutable:
        _report_immutable(body, found, prop, name)
        return body.invalid(node.span)
    visibility = prop.setter.visibility if prop.setter is not None else prop.visibility
    check_visible(body, found, visibility, name.text, name.span)
    setter = prop.setter
    if setter is not None and (prop.field is None or setter.is_open):
        stored = call_method(body, node.span, receiver, found, setter, (), (value,), UNIT)
    else:
        assert prop.field is not None
        if not isinstance(receiver.type, type(found.instance)):
            receiver = body.coerce(receiver, found.instance)
        stored = hir.FieldSet(node.span, UNIT, receiver, prop.field, value)
    return body.sequence(node.span, before, stored)


def _report_immutable(body: Body, found: Found, prop: Property, name: ast.Identifier) -> None:
    is_stored = prop.field is not None
    change = f"declare it with `var`, or make a changed copy: `copy({prop.name}: …)`"
    if not found.owner.is_data:
        change = "declare it with `var`"
    is_user = found.owner.scope.module.is_user
    body.error(
        code.NOT_ASSIGNABLE,
        name.span,
        f"`{name.text}` cannot be assigned to: it {'is declared with `let`' if is_stored else 'has no setter'}",
        labels=[Label(prop.span, "declared here")] if is_user else [],
        suggestion=(change if is_stored else "give it a `set(value)`") if is_user else None,
    )
