"""From written types to types.

Bounds are checked later (`Session.defer`), when every declaration is known: resolving a type must not need
more of a class than its name and the number of its parameters, or recursive declarations would not end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from compiler.check import codes as code
from compiler.check.declared import (
    ComputedGlobal,
    Entity,
    FunctionGroup,
    SourceClass,
    SourceGlobal,
    TypeAlias_,
    TypeScope,
)
from compiler.check.modules import ModuleScope, entity_span, is_public
from compiler.check.subtyping import MAX_TYPE_SIZE, is_subtype, is_too_large, nullable
from compiler.check.type_display import display
from compiler.diagnostics import Label
from compiler.ir.symbols import TypeParameterSymbol
from compiler.ir.types import (
    ANY,
    ERROR,
    NOTHING,
    UNIT,
    ClassType,
    ErrorType,
    FunctionType,
    NothingType,
    ParameterType,
    Type,
    UnitType,
    substitute,
)
from compiler.syntax import ast
from compiler.syntax.source import Span

MAX_TUPLE = 6
_SPECIAL: dict[str, Type] = {"Any": ANY, "Nothing": NOTHING, "Unit": UNIT}


def resolve_value_type(scope: TypeScope, node: ast.Type, what: str) -> Type:
    """Return the type of a variable or property, which must have values."""
    type_ = resolve_type(scope, node)
    if isinstance(type_, UnitType | NothingType):
        name = "Unit" if isinstance(type_, UnitType) else "Nothing"
        _report(scope, code.NO_VALUE, node.span, f"{what} cannot be of type `{name}`, which has no values")
        return ERROR
    return type_


def resolve_type(scope: TypeScope, node: ast.Type) -> Type:
    """Return the type that is written; ERROR after reporting what is wrong with it."""
    match node:
        case ast.NamedType():
            return _resolve_named(scope, node)
        case ast.NullableType(_, inner):
            resolved = resolve_type(scope, inner)
            if resolved is UNIT or resolved is NOTHING:
                _report(scope, code.UNKNOWN_TYPE, node.span, f"`{display(resolved)}` has no values that could be null")
                return ERROR
            return nullable(resolved)
        case ast.FunctionType(_, params, result):
            return FunctionType(tuple(resolve_type(scope, item) for item in params), resolve_type(scope, result))
        case ast.TupleType(_, elements):
            return tuple_type(scope, [resolve_type(scope, item) for item in elements], node.span)
        case _:
            return ERROR


def tuple_type(scope: TypeScope, elements: Sequence[Type], span: Span) -> Type:
    """Return the class type of a tuple."""
    session = scope.module.session
    name = f"Tuple{len(elements)}"
    if name not in session.core:
        _report(
            scope,
            code.UNSUPPORTED,
            span,
            f"a tuple of {len(elements)} elements is not supported",
            suggestion="declare a data class with named parts",
        )
        return ERROR
    type_ = session.core_type(name, *elements)
    if is_too_large(type_):
        report_too_large(scope, span)
        return ERROR
    return type_


def report_too_large(scope: TypeScope, span: Span) -> None:
    """Report a type that is larger than anybody means."""
    _report(
        scope,
        code.TYPE_TOO_LARGE,
        span,
        f"the type of this is too large: it has more than {MAX_TYPE_SIZE} parts",
        suggestion="declare classes for its parts",
    )


def resolve_type_arguments(scope: TypeScope, nodes: Sequence[ast.Type]) -> list[Type]:
    """Return the types that stand between angles, of a type or a call."""
    arguments = [resolve_type(scope, node) for node in nodes]
    for index, written in enumerate(nodes):
        if arguments[index] is NOTHING:
            _report(scope, code.UNKNOWN_TYPE, written.span, "`Nothing` cannot be a type argument")
            arguments[index] = ERROR
    return arguments


def _resolve_named(scope: TypeScope, node: ast.NamedType) -> Type:
    if len(node.path) == 1:
        name = node.path[0].text
        param = scope.type_params.get(name)
        if param is not None:
            if node.arguments:
                _report(scope, code.TYPE_ARGUMENT_COUNT, node.span, f"the type parameter `{name}` takes no arguments")
            return ParameterType(param)
        special = _SPECIAL.get(name)
        if special is not None:
            return special
    entity = resolve_path(scope, node.path)
    if entity is None:
        for argument in node.arguments:
            resolve_type(scope, argument)
        return ERROR
    arguments = resolve_type_arguments(scope, node.arguments)
    if isinstance(entity, TypeAlias_):
        return _apply_alias(scope, entity, arguments, node)
    assert isinstance(entity, SourceClass)
    return apply_class(scope, entity, arguments, node.span)


def apply_class(scope: TypeScope, symbol: SourceClass, arguments: Sequence[Type], span: Span) -> Type:
    """Return an instance of a class after checking the number of arguments and, later, their bounds."""
    params = symbol.type_params
    if len(params) != len(arguments):
        wanted = ", ".join(item.name for item in params)
        _report(
            scope,
            code.TYPE_ARGUMENT_COUNT,
            span,
            f"`{symbol.name}` takes {_count(len(params), 'type argument')}, found {len(arguments)}",
            label=f"expected `{symbol.name}<{wanted}>`" if params else "",
        )
        return ERROR
    if not params:
        return symbol.type
    if scope.module.is_user and (symbol.header_state == 1 or any(item.bounds for item in params)):
        scope.module.session.defer(lambda: check_bounds(scope, params, arguments, span))
    return ClassType(symbol, tuple(arguments))


def check_bounds(
    scope: TypeScope, params: Sequence[TypeParameterSymbol], arguments: Sequence[Type], span: Span
) -> None:
    """Report type arguments that are not what the bounds of their parameters ask for."""
    mapping = dict(zip(params, arguments, strict=True))
    for param, argument in mapping.items():
        for bound in param.bounds:
            wanted = substitute(bound, mapping)
            if not is_subtype(argument, wanted):
                _report(
                    scope,
                    code.BOUND_NOT_MET,
                    span,
                    f"`{display(argument)}` is not a `{display(wanted)}`, "
                    f"which the type parameter `{param.name}` asks for",
                    label=f"`{param.name}` is `{display(argument)}` here",
                    suggestion=order_of_tuples(argument, wanted),
                )


def order_of_tuples(found: Type, wanted: Type) -> str | None:
    """What to do about tuples, which have an order but implement nothing."""
    if not isinstance(found, ClassType) or not isinstance(wanted, ClassType) or wanted.symbol.name != "Comparable":
        return None
    is_tuple = found.symbol.module == "core" and found.symbol.name.startswith("Tuple")
    return "tuples are compared with `<`, as in `.sortedWith { a, b -> a < b }`" if is_tuple else None


def resolve_path(scope: TypeScope, path: Sequence[ast.Identifier]) -> SourceClass | TypeAlias_ | None:
    """Return the class or alias that a dotted name means; None after reporting that there is none."""
    entity = lookup_entity(scope, path[0].text)
    for part in path[1:]:
        if entity is None or isinstance(entity, FunctionGroup | SourceGlobal | ComputedGlobal | TypeAlias_):
            break
        if isinstance(entity, ModuleScope):
            if entity.origin == "missing":
                return None
            found = entity.exported(part.text)
            if found is not None and not is_public(found):
                report_private(scope, part, found, entity)
            entity = found
        else:
            entity = entity.statics.get(part.text)
        if entity is None:
            break
    if isinstance(entity, ModuleScope) and entity.origin == "missing":
        return None
    if isinstance(entity, SourceClass | TypeAlias_):
        return entity
    _report_unknown_type(scope, path, entity)
    return None


def lookup_entity(scope: TypeScope, name: str) -> Entity | None:
    """Return what a name means outside of functions: nested in the classes around, or at the top level."""
    if name.startswith("$"):
        return scope.module.session.core.get(name[1:])
    owner = scope.owner
    while owner is not None:
        found = owner.statics.get(name)
        if found is not None:
            return found
        owner = owner.outer
    return scope.module.lookup(name)


def report_private(scope: TypeScope, name: ast.Identifier, entity: Entity, module: ModuleScope) -> None:
    """Report the use of what another module keeps to itself."""
    span = entity_span(entity)
    _report(
        scope,
        code.NOT_VISIBLE,
        name.span,
        f"`{name.text}` is not public in module `{module.name}`",
        labels=[Label(span, "declared here")] if span is not None and module.is_user else [],
        suggestion="declare it as `pub`" if module.is_user else None,
    )


def _report_unknown_type(scope: TypeScope, path: Sequence[ast.Identifier], entity: Entity | None) -> None:
    text = ".".join(part.text for part in path)
    span = path[0].span.to(path[-1].span)
    if entity is not None:
        what = "a module" if isinstance(entity, ModuleScope) else "a value"
        _report(scope, code.UNKNOWN_TYPE, span, f"`{text}` is {what}, not a type")
        return
    near = scope.module.session.did_you_mean(path[-1].text, _type_names(scope)) if len(path) == 1 else None
    foreign = {"int": "Int", "string": "String", "bool": "Bool", "void": "Unit", "double": "Float", "boolean": "Bool",
               "Integer": "Int", "Boolean": "Bool", "Double": "Float", "Long": "Int", "Object": "Any", "i64": "Int",
               "i32": "Int32", "f64": "Float", "str": "String", "number": "Float", "Void": "Unit"}  # fmt: skip
    near = foreign.get(text, near)
    _report(
        scope,
        code.UNKNOWN_TYPE,
        span,
        f"there is no type `{text}`",
        suggestion=f"did you mean `{near}`?" if near else None,
    )


def _type_names(scope: TypeScope) -> Iterator[str]:
    yield from scope.type_params
    owner = scope.owner
    while owner is not None:
        yield from (name for name, item in owner.statics.items() if isinstance(item, SourceClass))
        owner = owner.outer
    yield from _SPECIAL
    for name in scope.module.visible_names():
        if isinstance(scope.module.lookup(name), SourceClass | TypeAlias_):
            yield name


def _apply_alias(scope: TypeScope, alias: TypeAlias_, arguments: Sequence[Type], node: ast.NamedType) -> Type:
    resolved = resolve_alias(alias)
    if resolved is None:
        return ERROR
    params, type_ = resolved
    if len(params) != len(arguments):
        _report(
            scope,
            code.TYPE_ARGUMENT_COUNT,
            node.span,
            f"`{alias.name}` takes {_count(len(params), 'type argument')}, found {len(arguments)}",
        )
        return ERROR
    return substitute(type_, dict(zip(params, arguments, strict=True))) if params else type_


def resolve_alias(alias: TypeAlias_) -> tuple[list[TypeParameterSymbol], Type] | None:
    """Return the parameters and the type of an alias; None after reporting that it means itself."""
    if alias.resolved is not None:
        return alias.resolved
    if alias.is_resolving:
        _report(alias.scope, code.CYCLIC_ALIAS, alias.node.name.span, f"the type alias `{alias.name}` means itself")
        alias.resolved = ([], ERROR)
        return None
    alias.is_resolving = True
    params, inner = resolve_type_params(alias.scope, alias.node.type_parameters)
    type_ = resolve_type(inner, alias.node.type)
    alias.is_resolving = False
    if alias.resolved is None:
        alias.resolved = (params, type_)
    return alias.resolved


def resolve_type_params(
    scope: TypeScope, nodes: Sequence[ast.TypeParameter]
) -> tuple[list[TypeParameterSymbol], TypeScope]:
    """Return the symbols of type parameters, bounds resolved, and the scope in which they are known."""
    params = make_type_params(scope, nodes)
    inner = scope.with_params(params)
    resolve_bounds(inner, nodes, params)
    return params, inner


def make_type_params(scope: TypeScope, nodes: Sequence[ast.TypeParameter]) -> list[TypeParameterSymbol]:
    """Return the symbols of type parameters without their bounds."""
    seen: dict[str, Span] = {}
    for node in nodes:
        name = node.name.text
        if name in seen:
            labels = [Label(seen[name], "first declared here")]
            _report(scope, code.DUPLICATE_NAME, node.name.span, f"`{name}` is declared twice", labels=labels)
        seen.setdefault(name, node.name.span)
    return [TypeParameterSymbol(node.name.text) for node in nodes]


def resolve_bounds(scope: TypeScope, nodes: Sequence[ast.TypeParameter], params: Sequence[TypeParameterSymbol]) -> None:
    """Set the bounds of type parameters, which may mention each other."""
    for node, param in zip(nodes, params, strict=True):
        bounds = [resolve_type(scope, bound) for bound in node.bounds]
        for bound, written in zip(bounds, node.bounds, strict=True):
            if not isinstance(bound, ClassType | ErrorType) and bound is not ANY:
                _report(
                    scope,
                    code.WRONG_SUPERTYPE,
                    written.span,
                    f"a bound must be a class or an interface, found `{display(bound)}`",
                )
        param.bounds = tuple(bound for bound in bounds if isinstance(bound, ClassType) or bound is ANY)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _report(
    scope: TypeScope,
    code_: str,
    span: Span,
    message: str,
    *,
    label: str = "",
    labels: Sequence[Label] = (),
    suggestion: str | None = None,
) -> None:
    scope.module.session.diagnostics.error(code_, span, message, label=label, labels=labels, suggestion=suggestion)
