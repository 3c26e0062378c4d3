"""Signatures of functions, accessors and constructors, completed on first use.

A function that is written `= expression` without a result type has the type of its expression: asking for
its signature then checks its body.  A function that is reached again meanwhile needs a written result type.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.class_members import find_member
from compiler.check.declared import (
    DeclaredLocal,
    Default,
    FunctionGroup,
    ParameterInfo,
    Signature,
    SourceClass,
    SourceFunction,
    TypeScope,
)
from compiler.check.type_resolution import resolve_type, resolve_type_params
from compiler.diagnostics import Label
from compiler.ir.symbols import FunctionKind, LocalSymbol, TypeParameterSymbol
from compiler.ir.types import ERROR, UNIT, ErrorType, Type
from compiler.syntax import ast
from compiler.syntax.source import Span


def complete_signature(function: SourceFunction) -> None:
    """Set ``params``, ``result``, ``type_params`` and ``signature``."""
    if function.result_state == 1:
        _report_recursion(function)
        return
    node = function.node
    if isinstance(node, ast.Function):
        _complete_function(function, node)
    else:
        _complete_accessor(function)


def _report_recursion(function: SourceFunction) -> None:
    """The result is asked for while it is being inferred."""
    _error(
        function,
        code.NEEDS_TYPE,
        function.span,
        f"the result type of `{function.name}` cannot be inferred, because its body needs it",
        suggestion="write the result type after `->`",
    )
    function.result = ERROR
    function.signature = Signature(function.name, function.type_params, [], ERROR, function.span)
    node = function.node
    if isinstance(node, ast.Function):
        function.signature.params = _parameter_infos(function, node)


def _complete_function(function: SourceFunction, node: ast.Function) -> None:
    type_params, inner = resolve_type_params(function.scope, node.type_parameters)
    function.type_params = type_params
    function.scope = inner
    params: list[LocalSymbol] = []
    if function.kind is FunctionKind.METHOD:
        assert isinstance(function.owner, SourceClass)
        params.append(LocalSymbol("this", function.owner.type))
    elif node.receiver is not None:
        params.append(LocalSymbol("this", resolve_type(inner, node.receiver)))
    seen: dict[str, Span] = {}
    for item in node.parameters:
        if item.name.text in seen and item.name.text != "_":
            labels = [Label(seen[item.name.text], "first declared here")]
            _error(
                function, code.DUPLICATE_NAME, item.name.span, f"two parameters are called `{item.name.text}`", labels
            )
        seen[item.name.text] = item.name.span
        type_ = resolve_type(inner, item.type)
        if type_ is UNIT:
            _error(function, code.NO_VALUE, item.type.span, "a parameter cannot be of type `Unit`, which has no values")
            type_ = ERROR
        if item.is_variadic:
            type_ = function.session.core_type("Array", type_)
        params.append(DeclaredLocal(item.name.text, type_, item.name.span, "parameter"))
    function.params = params
    has_inferred_result = node.result is None and node.has_body and not node.has_block
    if has_inferred_result:
        function.result_state = 1
        body = function.session.body(function)
        function.result_state = 2
        result: Type = body.type if not isinstance(_known_result(function), ErrorType) else ERROR
    else:
        result = resolve_type(inner, node.result) if node.result is not None else UNIT
    function.result = result
    function.signature = Signature(function.name, type_params, _parameter_infos(function, node), result, function.span)


def _known_result(function: SourceFunction) -> Type | None:
    try:
        known: Type = object.__getattribute__(function, "result")
    except AttributeError:
        return None
    return known


def _parameter_infos(function: SourceFunction, node: ast.Function) -> list[ParameterInfo]:
    own = function.params[len(function.params) - len(node.parameters) :]
    infos: list[ParameterInfo] = []
    for item, local in zip(node.parameters, own, strict=True):
        type_ = local.type
        if item.is_variadic:
            type_ = type_.arguments[0] if not isinstance(type_, ErrorType) else ERROR  # type: ignore[union-attr]
        default = Default(item.default) if item.default is not None else None
        infos.append(ParameterInfo(item.name.text, type_, item.name.span, default, item.is_variadic))
    for item in node.parameters[:-1]:
        if item.is_variadic:
            _error(function, code.WRONG_PARAMETER, item.span, "only the last parameter can be variadic")
    if node.parameters and node.parameters[-1].is_variadic and node.parameters[-1].default is not None:
        _error(function, code.WRONG_PARAMETER, node.parameters[-1].span, "a variadic parameter has no default")
    if infos:
        _attach_defaults(function, infos)
    if function.is_override:
        _inherit_defaults(function, infos)
    return infos


def _attach_defaults(function: SourceFunction, infos: Sequence[ParameterInfo]) -> None:
    """Give every default that is no literal a hidden function of ``this`` and the parameters before it."""
    leading = len(function.params) - len(infos)
    for index, info in enumerate(infos):
        default = info.default
        if default is None or default.node is None or is_literal(default.node):
            continue
        default.function = default_function(
            function.scope,
            f"{function.qualified_name}.default.{info.name}",
            default.node,
            function.params[: leading + index],
            info.type,
            owner=function.owner if isinstance(function.owner, SourceClass) else None,
            type_params=list(function.type_params),
        )


def default_function(
    scope: TypeScope,
    qualified_name: str,
    node: ast.Expression,
    params: Sequence[LocalSymbol],
    result: Type,
    *,
    owner: SourceClass | None,
    type_params: list[TypeParameterSymbol],
) -> SourceFunction:
    """Return the hidden function that computes a default from the parameters before it."""
    session = scope.module.session
    function = SourceFunction(
        session,
        None,
        scope,
        name=qualified_name.rpartition(".")[0],
        qualified_name=session.unique_name(scope.module.name, qualified_name),
        kind=FunctionKind.METHOD if owner is not None else FunctionKind.FREE,
        owner=owner,
        span=node.span,
    )
    function.check_body = lambda: session.completer.default_body(function, node)
    function.is_synthetic = True
    function.type_params = type_params
    function.params = [
        DeclaredLocal(item.name, item.type, item.span, "parameter")
        if isinstance(item, DeclaredLocal)
        else LocalSymbol(item.name, item.type)
        for item in params
    ]
    function.result = result
    function.overrides = []
    function.signature = Signature(function.name, [], [], result, node.span)
    return function


def is_literal(node: ast.Expression) -> bool:
    """Tell whether an expression means the same wherever it stands."""
    if isinstance(node, ast.Unary):
        return isinstance(node.operand, ast.IntLiteral | ast.FloatLiteral)
    return isinstance(
        node,
        ast.IntLiteral | ast.FloatLiteral | ast.BoolLiteral | ast.NullLiteral | ast.CharLiteral | ast.StringLiteral,
    )


def _inherit_defaults(function: SourceFunction, infos: Sequence[ParameterInfo]) -> None:
    """An overriding method has the defaults of what it overrides."""
    for above in function.overrides:
        assert isinstance(above, SourceFunction)
        for mine, theirs in zip(infos, above.signature.params, strict=False):
            if theirs.default is None:
                continue
            if mine.default is not None and mine.default is not theirs.default and mine.default.node is not None:
                _error(
                    function,
                    code.WRONG_PARAMETER,
                    mine.default.node.span,
                    "an overriding method inherits its defaults and cannot have its own",
                    [Label(theirs.span, "the default is given here")],
                )
            mine.default = theirs.default


def _complete_accessor(function: SourceFunction) -> None:
    """The getter or setter of a property: its types are those of the property."""
    function.type_params = []
    function.params = []
    if function.kind is FunctionKind.METHOD:
        assert isinstance(function.owner, SourceClass)
        function.params.append(LocalSymbol("this", function.owner.type))
    is_setter = function.name.endswith(".set")
    type_ = accessor_type(function)
    infos: list[ParameterInfo] = []
    if is_setter:
        node = function.node
        name = node.parameter.text if isinstance(node, ast.Setter) else "value"
        span = node.parameter.span if isinstance(node, ast.Setter) else function.span
        assert span is not None
        local = DeclaredLocal(name, type_, span, "parameter")
        local.is_used = not isinstance(node, ast.Setter)
        function.params.append(local)
        infos.append(ParameterInfo(name, type_, span))
    function.result = UNIT if is_setter else type_
    function.signature = Signature(function.name, [], infos, function.result, function.span)


def accessor_type(function: SourceFunction) -> Type:
    """Return the type of the property that an accessor belongs to."""
    if function.property is not None:
        return function.property.type
    variable = function.variable
    assert variable is not None
    if variable.type is not None:
        return resolve_type(function.scope, variable.type)
    _error(
        function,
        code.NEEDS_TYPE,
        variable.binding.span,
        "a computed property needs a type",
        suggestion="write `: Type` after the name",
    )
    return ERROR


def complete_overrides(function: SourceFunction) -> None:
    """Set ``overrides``: the nearest methods above that this one overrides or implements."""
    function.overrides = []
    owner = function.owner
    if not isinstance(owner, SourceClass) or function.kind is not FunctionKind.METHOD:
        return
    for parent in (owner.superclass, *owner.interfaces):
        if parent is None:
            continue
        assert isinstance(parent.symbol, SourceClass)
        above = method_above(parent.symbol, function)
        if above is not None and above not in function.overrides:
            function.overrides.append(above)


def method_above(symbol: SourceClass, function: SourceFunction) -> SourceFunction | None:
    """Return the method or accessor of a supertype that ``function`` would override."""
    if function.property is not None:
        found = find_member(symbol, function.property.name)
        if found is None or isinstance(found[1], FunctionGroup):
            return None
        return found[1].setter if function.name.endswith(".set") else found[1].getter
    found = find_member(symbol, function.name)
    if found is None or not isinstance(found[1], FunctionGroup):
        return None
    candidates = found[1].functions
    if len(candidates) == 1:
        return candidates[0]
    count = len(function.params)
    return next((item for item in candidates if len(item.params) == count), candidates[0])


def _error(
    function: SourceFunction,
    code_: str,
    span: Span | None,
    message: str,
    labels: Sequence[Label] = (),
    suggestion: str | None = None,
) -> None:
    assert span is not None
    function.session.diagnostics.error(code_, span, message, labels=labels, suggestion=suggestion)
