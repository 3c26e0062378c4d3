"""Plain names, `this`, and what a dotted path names without being a value.

A name means, in this order: a local; a member of the object or class around; a static member of the classes
around; a declaration of the module; something imported; a name of the core library.
"""

from __future__ import annotations

from collections.abc import Iterator

from compiler.check import codes as code
from compiler.check.body import Body
from compiler.check.class_members import find_member, member_names
from compiler.check.declared import (
    ComputedGlobal,
    Entity,
    FunctionGroup,
    SourceClass,
    SourceFunction,
    SourceGlobal,
    TypeAlias_,
)
from compiler.check.members import Found, implicit_member, read_property
from compiler.check.modules import ModuleScope, is_public
from compiler.check.suggestions import foreign_name, missing_import
from compiler.check.type_resolution import lookup_entity, report_private
from compiler.check.variables import read_case, read_global
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind
from compiler.ir.types import FunctionType, Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def check_name(body: Body, node: ast.Name, expected: Type | None) -> hir.Expr:
    """A plain name as a value."""
    local = body.locals.get(node.text)
    if local is not None and local.lifted is not None:
        return function_value(body, node.span, [local.lifted], expected)
    if local is not None:
        return body.read_local(local, node.span)
    member = instance_member(body, node.text, node.span)
    if isinstance(member, hir.Node):
        return member
    if member is not None:
        if isinstance(member.member, FunctionGroup):
            return _method_value(body, node.span, node.text)
        return read_property(body, body.read_this(node.span), member, node.span)
    entity = lookup_entity(body.scope, node.text)
    if entity is None:
        return unknown_name(body, node)
    return entity_value(body, node.span, entity, node.text, expected)


def instance_member(body: Body, name: str, span: Span) -> Found | hir.Expr | None:
    """Return the member of the object around that a name means, an expression if it is settled already."""
    if body.early_fields is not None:
        early = body.early_fields.get(name)
        if early is not None:
            if body.frame.parent is not None:
                body.capture(early, _home_frame(body))
            return body.get(early, span)
    if body.this is None:
        return _unreachable_member(body, name, span)
    return implicit_member(body, name)


def _home_frame(body: Body) -> object:
    frame = body.frame
    while frame.parent is not None:
        frame = frame.parent
    return frame


def _unreachable_member(body: Body, name: str, span: Span) -> hir.Expr | None:
    owner = body.this_class
    if owner is None or find_member(owner, name) is None or lookup_entity(body.scope, name) is not None:
        return None
    if body.early_fields is not None:
        report_too_early(body, span, f"`{name}`")
    else:
        body.error(
            code.STATIC_ACCESS,
            span,
            f"`{name}` belongs to objects of `{owner.name}`, and there is no object in static code",
        )
    return body.invalid(span)


def report_too_early(body: Body, span: Span, what: str) -> None:
    """Report the use of an object that is still being made."""
    body.error(
        code.THIS_TOO_EARLY,
        span,
        f"{what} cannot be used here: the object does not exist before all of its properties have values",
        suggestion="do it in `init`, or make the property a computed one with `get()`",
    )


def _method_value(body: Body, span: Span, name: str) -> hir.Expr:
    body.error(
        code.NOT_A_VALUE,
        span,
        f"`{name}` is a method and must be called",
        suggestion=f"write `{{ {name}(it) }}` to pass it on as a function",
    )
    return body.invalid(span)


def check_this(body: Body, node: ast.This, expected: Type | None) -> hir.Expr:
    """`this`."""
    if body.this is not None:
        return body.read_this(node.span)
    if body.early_fields is not None:
        report_too_early(body, node.span, "`this`")
    else:
        body.error(code.WRONG_THIS, node.span, "there is no `this` outside of methods and extension functions")
    return body.invalid(node.span)


def check_super(body: Body, node: ast.Super, expected: Type | None) -> hir.Expr:
    """`super` on its own."""
    body.error(code.WRONG_THIS, node.span, "`super` is no value", suggestion="call a method: `super.name()`")
    return body.invalid(node.span)


def entity_value(body: Body, span: Span, entity: Entity, name: str, expected: Type | None) -> hir.Expr:
    """What something that is declared outside of functions is as a value."""
    match entity:
        case SourceGlobal():
            return read_global(body, entity, span)
        case ComputedGlobal(_, getter):
            return hir.Call(span, getter.result, getter, (), (), ())
        case FunctionGroup(_, functions):
            return function_value(body, span, functions, expected)
        case SourceClass() if entity.kind is ClassKind.CASE:
            return read_case(body, entity, span, expected)
        case ModuleScope():
            if entity.origin != "missing":
                body.error(code.NOT_A_VALUE, span, f"`{name}` is a module, not a value")
            return body.invalid(span)
        case SourceClass() | TypeAlias_():
            body.error(
                code.NOT_A_VALUE,
                span,
                f"`{name}` is a type, not a value",
                suggestion=f"call it to make an object: `{name}()`" if isinstance(entity, SourceClass) else None,
            )
            return body.invalid(span)


def function_value(body: Body, span: Span, functions: list[SourceFunction], expected: Type | None) -> hir.Expr:
    """A named function as a value; generic ones take their type arguments from the expected type."""
    from compiler.check.inference import Inference

    wanted = expected.inner if expected is not None and hasattr(expected, "inner") else expected
    function = functions[0]
    if len(functions) > 1:
        count = len(wanted.params) if isinstance(wanted, FunctionType) else -1
        fitting = [item for item in functions if len(item.params) == count]
        if len(fitting) != 1:
            body.error(
                code.NO_OVERLOAD,
                span,
                f"there are {len(functions)} functions `{function.name}`, and any could be meant",
            )
            return body.invalid(span)
        function = fitting[0]
    type_ = FunctionType(tuple(param.type for param in function.params), function.result)
    if not function.type_params:
        return hir.FunctionValue(span, type_, function, (), ())
    inference = Inference(function.type_params, {})
    if isinstance(wanted, FunctionType):
        inference.constrain(type_, wanted)
    mapping, missing = inference.solve()
    if missing:
        names = ", ".join(f"`{item.name}`" for item in missing)
        body.error(
            code.CANNOT_INFER,
            span,
            f"what {names} of `{function.name}` stands for cannot be inferred",
            suggestion="write a lambda with typed parameters instead",
        )
        return body.invalid(span)
    applied = inference.apply(type_)
    arguments = tuple(mapping[item] for item in function.type_params)
    return hir.FunctionValue(span, applied, function, (), arguments)


def static_entity(body: Body, node: ast.Expression) -> Entity | None:
    """Return the module, class or other entity that a path names, or None if it is a value (or unknown).

    Values win: a local or a member called like a module hides it.
    """
    if isinstance(node, ast.Name):
        if node.text in body.locals or (body.early_fields is not None and node.text in body.early_fields):
            return None
        if body.this is not None and implicit_member(body, node.text) is not None:
            return None
        return lookup_entity(body.scope, node.text)
    if isinstance(node, ast.Member) and not node.is_safe:
        base = static_entity(body, node.object)
        if isinstance(base, ModuleScope | SourceClass):
            return entity_member(body, base, node.name)
    return None


def entity_member(body: Body, base: ModuleScope | SourceClass, name: ast.Identifier) -> Entity | None:
    """Return what a module or class has under a name; private things are reported and returned."""
    if isinstance(base, ModuleScope):
        found = base.exported(name.text)
        if found is not None and base is not body.module and not is_public(found):
            report_private(body.scope, name, found, base)
        return found
    found = base.statics.get(name.text)
    if found is not None and not _may_use_static(body, base, found):
        body.error(code.NOT_VISIBLE, name.span, f"`{name.text}` is private in `{base.name}`")
    return found


def _may_use_static(body: Body, base: SourceClass, entity: Entity) -> bool:
    is_hidden = False
    if isinstance(entity, FunctionGroup):
        is_hidden = all(item.visibility == "private" for item in entity.functions)
    elif isinstance(entity, SourceGlobal | ComputedGlobal | SourceClass):
        is_hidden = not entity.is_public
    owner = body.scope.owner
    while is_hidden and owner is not None:
        if owner is base:
            return True
        owner = owner.outer
    return not is_hidden


def unknown_name(body: Body, node: ast.Name) -> hir.Expr:
    """Report a name that means nothing."""
    name = node.text
    if name == "it":
        body.error(
            code.UNKNOWN_NAME,
            node.span,
            "`it` is known only in a lambda that takes exactly one argument",
            suggestion="name the parameters: `{ x -> … }`",
        )
        return body.invalid(node.span)
    parameter = _class_parameter(body, name)
    if parameter is not None:
        body.error(
            code.UNKNOWN_NAME,
            node.span,
            f"`{name}` is a parameter of the class, and known only while an object is made",
            labels=[Label(parameter, "declared here")],
            suggestion=f"make it a property: `let {name}`",
        )
        return body.invalid(node.span)
    suggestion = foreign_name(name)
    if suggestion is None:
        near = body.session.did_you_mean(name, _known_names(body))
        source = missing_import(body.module, name)
        suggestion = f"did you mean `{near}`?" if near else f"add `{source}` at the top of the file" if source else None
    body.error(code.UNKNOWN_NAME, node.span, f"there is no `{name}` here", suggestion=suggestion)
    return body.invalid(node.span)


def _class_parameter(body: Body, name: str) -> Span | None:
    """Return where the class around declares a plain parameter of this name in its header, or None."""
    owner = body.this_class
    if owner is None or not isinstance(owner.node, ast.Class):
        return None
    return next((item.name.span for item in owner.node.parameters or () if item.name.text == name), None)


def _known_names(body: Body) -> Iterator[str]:
    yield from body.locals
    if body.this_class is not None:
        yield from member_names(body.this_class)
    owner = body.scope.owner
    while owner is not None:
        yield from owner.statics
        owner = owner.outer
    yield from body.module.visible_names()
