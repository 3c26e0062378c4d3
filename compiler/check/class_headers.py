"""The header of a class: its type parameters, superclass and interfaces.

Headers are completed on first use, so a class can be reached while its own header is being worked out:
`type_params` and `type` are therefore set first, and a superclass that is reached again closes a cycle.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.check import codes as code
from compiler.check.declared import SourceClass
from compiler.check.modules import entity_span
from compiler.check.type_display import display
from compiler.check.type_resolution import make_type_params, resolve_bounds, resolve_type
from compiler.diagnostics import Label
from compiler.ir.symbols import ClassKind, TypeParameterSymbol
from compiler.ir.types import ClassType, ErrorType, ParameterType, Repr
from compiler.syntax import ast
from compiler.syntax.source import Span

MAX_SUPERTYPES = 200


def complete_header(symbol: SourceClass) -> None:
    """Set ``type_params``, ``type``, ``superclass`` and ``interfaces``."""
    node = symbol.node
    if symbol.header_state == 1:
        # Reached again from one of its own supertypes: the cycle is reported below, by `_refuse_cycle`.
        _set_defaults(symbol)
        return
    symbol.header_state = 1
    if isinstance(node, ast.EnumCase):
        _complete_case(symbol)
        symbol.header_state = 2
        return
    params = make_type_params(symbol.scope, node.type_parameters)
    _set_params(symbol, params)
    symbol.scope = symbol.scope.with_params(params)
    resolve_bounds(symbol.scope, node.type_parameters, params)
    superclass: ClassType | None = None
    interfaces: list[ClassType] = []
    for item in node.supertypes:
        type_ = resolve_type(symbol.scope, item.type)
        if isinstance(type_, ErrorType) or not _may_inherit(symbol, type_, item):
            continue
        assert isinstance(type_, ClassType)
        if type_.symbol.kind is ClassKind.INTERFACE:
            if any(known.symbol is type_.symbol for known in interfaces):
                _report(symbol, code.WRONG_SUPERTYPE, item.span, f"`{display(type_)}` is listed twice")
            else:
                interfaces.append(type_)
        elif superclass is not None:
            _report(symbol, code.WRONG_SUPERTYPE, item.span, "a class has one superclass, found a second one")
        else:
            superclass = type_
            symbol.super_arguments = item.arguments
    symbol.interfaces = interfaces
    if superclass is None and symbol.kind is not ClassKind.INTERFACE and symbol.builtin is None:
        superclass = symbol.session.core_type("Object")
    symbol.superclass = superclass
    symbol.header_state = 2
    _refuse_cycle(symbol)


def _set_params(symbol: SourceClass, params: list[TypeParameterSymbol]) -> None:
    symbol.type_params = params
    symbol.type = ClassType(symbol, tuple(ParameterType(item) for item in params))


def _set_defaults(symbol: SourceClass) -> None:
    for name, value in (("type_params", []), ("superclass", None), ("interfaces", [])):
        try:
            object.__getattribute__(symbol, name)
        except AttributeError:
            setattr(symbol, name, value)


def _complete_case(symbol: SourceClass) -> None:
    """A case shares the type parameters of its enum, so that both mean the same thing by `T`."""
    enum = symbol.outer
    assert enum is not None
    _set_params(symbol, enum.type_params)
    symbol.scope = enum.scope
    symbol.superclass = enum.type
    symbol.interfaces = []


def _may_inherit(symbol: SourceClass, type_: object, item: ast.Supertype) -> bool:
    if not isinstance(type_, ClassType):
        _report(symbol, code.WRONG_SUPERTYPE, item.span, "only a class or an interface can be inherited from")
        return False
    above = type_.symbol
    if above.kind is ClassKind.INTERFACE:
        if item.arguments is not None:
            _report(
                symbol,
                code.WRONG_SUPERTYPE,
                item.span,
                f"`{above.name}` is an interface and takes no constructor arguments",
                suggestion=f"write `{display(type_)}` without parentheses",
            )
        return True
    reason = None
    if symbol.kind is ClassKind.INTERFACE:
        reason = f"an interface inherits from interfaces only, and `{above.name}` is a class"
    elif symbol.kind is ClassKind.ENUM:
        reason = f"an enum implements interfaces only, and `{above.name}` is a class"
    elif above.kind is not ClassKind.CLASS:
        reason = f"`{above.name}` is an enum and cannot be inherited from"
    elif above.builtin not in (None, Repr.OBJECT):
        reason = f"`{above.name}` is a type of the machine and cannot be inherited from"
    elif not above.is_open:
        _report(
            symbol,
            code.WRONG_SUPERTYPE,
            item.span,
            f"`{above.name}` is not open, so no class can inherit from it",
            labels=_declaration(above),
            suggestion=f"declare it as `open class {above.name}`",
        )
        return False
    if reason is not None:
        _report(symbol, code.WRONG_SUPERTYPE, item.span, reason)
        return False
    return True


def _declaration(symbol: object) -> list[Label]:
    if isinstance(symbol, SourceClass) and symbol.scope.module.is_user:
        span = entity_span(symbol)
        return [Label(span, "declared here")] if span is not None else []
    return []


def _refuse_cycle(symbol: SourceClass) -> None:
    """Cut the inheritance of a class that is its own ancestor."""
    seen: set[object] = set()
    pending: list[tuple[object, tuple[str, ...]]] = [
        (parent.symbol, (symbol.name,)) for parent in [symbol.superclass, *symbol.interfaces] if parent is not None
    ]
    while pending:
        above, path = pending.pop()
        if above is symbol:
            _report(
                symbol,
                code.CYCLIC_INHERITANCE,
                symbol.node.name.span,
                f"`{symbol.name}` inherits from itself: {' -> '.join([*path, symbol.name])}",
            )
            is_class = symbol.kind is not ClassKind.INTERFACE
            symbol.superclass = symbol.session.core_type("Object") if is_class else None
            symbol.interfaces = []
            return
        if len(seen) > MAX_SUPERTYPES:
            _report(
                symbol,
                code.WRONG_SUPERTYPE,
                symbol.node.name.span,
                f"`{symbol.name}` has more than {MAX_SUPERTYPES} superclasses and interfaces",
            )
            is_class = symbol.kind is not ClassKind.INTERFACE
            symbol.superclass = symbol.session.core_type("Object") if is_class else None
            symbol.interfaces = []
            return
        if above in seen or not isinstance(above, SourceClass) or above.header_state == 1:
            continue
        seen.add(above)
        parents = [above.superclass, *above.interfaces]
        pending += [(parent.symbol, (*path, above.name)) for parent in parents if parent is not None]


def _report(
    symbol: SourceClass,
    code_: str,
    span: Span,
    message: str,
    *,
    labels: Sequence[Label] = (),
    suggestion: str | None = None,
) -> None:
    symbol.session.diagnostics.error(code_, span, message, labels=labels, suggestion=suggestion)
