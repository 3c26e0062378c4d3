"""Constructors: their signatures, and the two phases in which an object comes to be.

First every field gets its value, with the parameters and the earlier fields in sight but no `this`; then the
object is made and its `init` blocks run.  So no code ever sees a field without a value.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.arguments import CallSite, match_arguments
from compiler.check.body import Body, Frame
from compiler.check.declared import (
    DeclaredLocal,
    Default,
    ParameterInfo,
    Property,
    Signature,
    SourceClass,
    SourceFunction,
)
from compiler.check.signatures import default_function, is_literal
from compiler.check.type_display import display
from compiler.check.type_resolution import resolve_type, resolve_value_type
from compiler.diagnostics import Label
from compiler.ir import hir
from compiler.ir.symbols import ClassKind, Constructor, FieldSymbol, FunctionKind, LocalSymbol
from compiler.ir.types import ERROR, UNIT, ErrorType, NullType, Repr, Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def constructor_signature(symbol: SourceClass) -> Signature:
    """Return what callers of a constructor need to know."""
    if symbol.constructor_signature is not None:
        return symbol.constructor_signature
    node = symbol.node
    type_params = symbol.type_params
    signature = Signature(symbol.name, type_params, [], symbol.type, symbol.span)
    symbol.constructor_signature = signature
    infos = signature.params
    if isinstance(node, ast.EnumCase):
        for index, field_node in enumerate(node.fields):
            span = field_node.name.span if field_node.name is not None else field_node.span
            name = field_node.name.text if field_node.name is not None else f"_{index}"
            default = Default(field_node.default) if field_node.default is not None else None
            infos.append(ParameterInfo(name, resolve_type(symbol.scope, field_node.type), span, default))
    elif isinstance(node, ast.Class):
        for item in node.parameters or ():
            default = Default(item.default) if item.default is not None else None
            type_ = resolve_type(symbol.scope, item.type)
            if type_ is UNIT:
                _report(symbol, code.NO_VALUE, item.type.span, "a parameter cannot be of type `Unit`")
                type_ = ERROR
            infos.append(ParameterInfo(item.name.text, type_, item.name.span, default, item.is_variadic))
        seen: dict[str, Span] = {}
        for item in node.parameters or ():
            if item.name.text in seen and item.is_mutable is None and not symbol.is_data:
                _report(symbol, code.DUPLICATE_NAME, item.name.span, f"two parameters are called `{item.name.text}`")
            seen[item.name.text] = item.name.span
        for item in (node.parameters or ())[:-1]:
            if item.is_variadic:
                _report(symbol, code.WRONG_PARAMETER, item.span, "only the last parameter can be variadic")
    _attach_defaults(symbol, infos)
    return signature


def _attach_defaults(symbol: SourceClass, infos: Sequence[ParameterInfo]) -> None:
    params = [DeclaredLocal(info.name, _param_type(symbol, info), info.span, "parameter") for info in infos]
    for index, info in enumerate(infos):
        default = info.default
        if default is None or default.node is None or is_literal(default.node):
            continue
        default.function = default_function(
            symbol.scope,
            f"{symbol.qualified_name}.default.{info.name}",
            default.node,
            params[:index],
            info.type,
            owner=None,
            type_params=list(symbol.type_params),
        )


def _param_type(symbol: SourceClass, info: ParameterInfo) -> Type:
    return symbol.session.core_type("Array", info.type) if info.is_variadic else info.type


def attach_constructor(symbol: SourceClass) -> None:
    """Give a class the function that checks its constructor once."""
    if symbol.kind is ClassKind.INTERFACE or symbol.builtin is not None:
        return
    made: list[Constructor] = []

    def constructor() -> Constructor:
        typed = symbol.scope.module.typed
        if made:
            pass
        elif typed is not None:
            made.append(typed.constructor(symbol))
        else:
            with symbol.session.unit(symbol.span):
                made.append(check_constructor(symbol))
        return made[0]

    symbol.constructor = constructor


def check_constructor(symbol: SourceClass) -> Constructor:
    """Check how objects of a class come to be."""
    if symbol.kind is ClassKind.ENUM:
        return Constructor([], [], [])
    signature = constructor_signature(symbol)
    frame = Frame("initializer", symbol.qualified_name, None)
    body = Body(symbol.session, symbol.scope, frame, this_class=symbol)
    early: dict[str, LocalSymbol] = {}
    body.early_fields = early
    params: list[LocalSymbol] = []
    for info in signature.params:
        local = DeclaredLocal(info.name, _param_type(symbol, info), info.span, "parameter")
        body.declare(local)
        params.append(local)
    super_arguments = _super_arguments(symbol, body)
    values = _field_values(symbol, body, params, early)
    body.finish()
    return Constructor(params, super_arguments, values, init_function(symbol, signature))


def _super_arguments(symbol: SourceClass, body: Body) -> list[hir.Expr]:
    above = symbol.superclass
    if above is None or symbol.kind is ClassKind.CASE or above.symbol.builtin is Repr.OBJECT:
        return []
    assert isinstance(above.symbol, SourceClass)
    signature = constructor_signature(above.symbol)
    place = symbol.node.name.span
    if isinstance(symbol.node, ast.Class):
        for item in symbol.node.supertypes:
            if isinstance(item.type, ast.NamedType) and item.type.path[-1].text == above.symbol.name:
                place = item.span
    required = [info for info in signature.params if info.default is None and not info.is_variadic]
    if symbol.super_arguments is None and required:
        listed = ", ".join(f"{info.name}: {display(info.type)}" for info in signature.params)
        body.error(
            code.WRONG_SUPER_CALL,
            place,
            f"the superclass `{above.symbol.name}` needs arguments: ({listed})",
            labels=[Label(above.symbol.span, "declared here")]
            if above.symbol.span is not None and above.symbol.scope.module.is_user
            else [],
            suggestion=f"write `{above.symbol.name}(…)`",
        )
        return []
    site = CallSite(place, symbol.super_arguments or (), None, None, list(above.arguments) or None)
    matched = match_arguments(body, site, signature, {})
    values = list(matched.values)
    if matched.before and values:
        values[0] = body.sequence(place, matched.before, values[0])
    return values


def _field_values(
    symbol: SourceClass, body: Body, params: Sequence[LocalSymbol], early: dict[str, LocalSymbol]
) -> list[tuple[FieldSymbol, hir.Expr]]:
    by_name = {local.name: local for local in params}
    values: list[tuple[FieldSymbol, hir.Expr]] = []
    for prop in list(symbol.instance.values()):
        if not isinstance(prop, Property) or prop.field is None or prop.owner is not symbol:
            continue
        if isinstance(prop.node, ast.Variable):
            values.append((prop.field, _initial_value(symbol, body, prop)))
            local = prop.field.init_local
        else:
            local = by_name[prop.name]
            prop.field.init_local = local
            values.append((prop.field, hir.LocalGet(prop.span, local.type, local)))
        early[prop.name] = local
    return values


def _initial_value(symbol: SourceClass, body: Body, prop: Property) -> hir.Expr:
    node = prop.node
    assert isinstance(node, ast.Variable)
    declared = resolve_type(symbol.scope, node.type) if node.type is not None else None
    if node.initializer is None:
        if declared is None or not isinstance(declared, ErrorType):
            body.error(
                code.UNINITIALISED_PROPERTY,
                prop.span,
                f"the property `{prop.name}` needs a value where it is declared",
                suggestion="write `= value`, or make it a parameter of the class",
            )
        prop.type = declared if declared is not None else ERROR
        return body.invalid(prop.span)
    if declared is not None:
        prop.type = declared
        return body.typed(node.initializer, declared)
    value = body.value(node.initializer)
    if isinstance(value.type, NullType):
        body.error(
            code.NEEDS_TYPE,
            node.initializer.span,
            "`null` alone does not say of what type the property is",
            suggestion="write the type, as in `: String?`",
        )
        value = body.invalid(node.span)
    prop.type = value.type
    return value


def init_function(symbol: SourceClass, signature: Signature) -> SourceFunction | None:
    """Return the method that runs the `init` blocks of a class, if it has any."""
    node = symbol.node
    if not isinstance(node, ast.Class):
        return None
    blocks = [member for member in node.members if isinstance(member, ast.Init)]
    if not blocks:
        return None
    session = symbol.session
    function = SourceFunction(
        session,
        None,
        symbol.scope,
        name="init",
        qualified_name=session.unique_name(symbol.module, f"{symbol.qualified_name}.init"),
        kind=FunctionKind.METHOD,
        owner=symbol,
        span=blocks[0].span,
    )
    function.check_body = lambda: _check_init(function, blocks)
    this = LocalSymbol("this", symbol.type)
    copies = [DeclaredLocal(item.name, _param_type(symbol, item), item.span, "parameter") for item in signature.params]
    function.params = [this, *copies]
    function.result = UNIT
    function.type_params = []
    function.overrides = []
    function.signature = Signature("init", [], [], UNIT, function.span)
    if symbol.scope.module.is_user:
        session.defer(lambda: _discard(session.body(function)))
    return function


def _discard(_: object) -> None:
    """Checking was all that was wanted."""


def _check_init(function: SourceFunction, blocks: Sequence[ast.Init]) -> hir.Expr:
    from compiler.check.functions import function_body

    frame = Frame("function", function.qualified_name, UNIT)
    body = function_body(function, frame)
    parts = tuple(body.discard(body.expr(item.body, UNIT)) for item in blocks)
    body.finish()
    if len(parts) == 1:
        return parts[0]
    return hir.Block(blocks[0].span, UNIT, parts)


def complete_property_type(prop: Property) -> None:
    """Set ``type``: as written, or that of the initial value or the getter."""
    symbol, node = prop.owner, prop.node

    if isinstance(node, ast.ClassParameter):
        _ = symbol.type_params
        type_ = resolve_type(symbol.scope, node.type)
        prop.type = symbol.session.core_type("Array", type_) if node.is_variadic else type_
    elif isinstance(node, ast.EnumField):
        _ = symbol.type_params
        prop.type = resolve_type(symbol.scope, node.type)
    elif node is None:
        prop.type = ERROR
    elif node.type is not None:
        _ = symbol.type_params
        prop.type = resolve_value_type(symbol.scope, node.type, "a property")
    else:
        _infer_property(prop, node)


def _infer_property(prop: Property, node: ast.Variable) -> None:
    symbol = prop.owner
    if node.getter is not None or node.initializer is None:
        prop.type = ERROR
        _report(symbol, code.NEEDS_TYPE, prop.span, f"the property `{prop.name}` needs a type")
        return
    if symbol.inferring:
        prop.type = ERROR
        _report(
            symbol,
            code.NEEDS_TYPE,
            prop.span,
            f"the type of `{prop.name}` cannot be inferred, because its value needs it",
        )
        return
    symbol.inferring = True
    assert symbol.constructor is not None
    symbol.constructor()
    symbol.inferring = False


def _report(symbol: SourceClass, code_: str, span: Span, message: str) -> None:
    suggestion = "write `: Type` after the name" if code_ is code.NEEDS_TYPE else None
    symbol.session.diagnostics.error(code_, span, message, suggestion=suggestion)
