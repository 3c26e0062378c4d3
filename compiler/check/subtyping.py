"""Relations between types: subtype, assignable, join, and the supertypes of a class.

Generic classes are invariant in their arguments; function types vary as usual.  `ERROR` is related to
everything, so that one mistake is reported once.  A primitive, String or array is a subtype of the
interfaces its class declares (that is what bounds ask for) but not assignable to them: its values are
no objects.
"""

from __future__ import annotations

from compiler.ir.symbols import ClassKind, ClassSymbol, TypeParameterSymbol
from compiler.ir.types import (
    ANY,
    NOTHING,
    NULL,
    UNIT,
    AnyType,
    ClassType,
    ErrorType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    ParameterType,
    Repr,
    Type,
    UnitType,
    substitute,
)


def nullable(type_: Type) -> Type:
    """Return ``type_?``, flat."""
    if isinstance(type_, NullableType | NullType | ErrorType):
        return type_
    if isinstance(type_, NothingType):
        return NULL
    return NullableType(type_)


def non_null(type_: Type) -> Type:
    """Return the type without its question mark."""
    return type_.inner if isinstance(type_, NullableType) else type_


def ancestors(symbol: ClassSymbol) -> dict[ClassSymbol, ClassType]:
    """Return every proper supertype of a class, in terms of the class's own parameters, nearest first."""
    known: dict[ClassSymbol, ClassType] | None = getattr(symbol, "ancestors", None)
    if known is not None:
        return known
    found: dict[ClassSymbol, ClassType] = {}
    parents = [symbol.superclass, *symbol.interfaces] if symbol.superclass else symbol.interfaces
    for parent in parents:
        if parent.symbol is symbol:
            continue
        found.setdefault(parent.symbol, parent)
        mapping = dict(zip(parent.symbol.type_params, parent.arguments, strict=False))
        for above, instance in ancestors(parent.symbol).items():
            if above not in found:
                moved = substitute(instance, mapping) if mapping else instance
                assert isinstance(moved, ClassType)
                found[above] = moved
    symbol.ancestors = found  # type: ignore[attr-defined]
    return found


def supertype_instance(type_: ClassType, target: ClassSymbol) -> ClassType | None:
    """Return the instance of ``target`` that ``type_`` is or inherits from, or None."""
    symbol = type_.symbol
    if symbol is target:
        return type_
    found = ancestors(symbol).get(target)
    if found is None or not found.arguments or not type_.arguments:
        return found
    moved = substitute(found, dict(zip(symbol.type_params, type_.arguments, strict=False)))
    assert isinstance(moved, ClassType)
    return moved


def is_nullable(type_: Type) -> bool:
    """Tell whether null may be among the values; a type parameter without a non-null bound may allow it."""
    if isinstance(type_, NullableType | NullType | ErrorType):
        return True
    if isinstance(type_, ParameterType):
        return all(is_nullable(bound) for bound in type_.symbol.bounds)
    return False


def same_type(a: Type, b: Type) -> bool:
    """Tell whether two types are equal, where unknown parts equal everything."""
    if a is b or isinstance(a, ErrorType) or isinstance(b, ErrorType):
        return True
    if type(a) is not type(b):
        return False
    if isinstance(a, ClassType) and isinstance(b, ClassType):
        return (
            a.symbol is b.symbol
            and len(a.arguments) == len(b.arguments)
            and all(map(same_type, a.arguments, b.arguments))
        )
    if isinstance(a, NullableType) and isinstance(b, NullableType):
        return same_type(a.inner, b.inner)
    if isinstance(a, FunctionType) and isinstance(b, FunctionType):
        return (
            len(a.params) == len(b.params) and all(map(same_type, a.params, b.params)) and same_type(a.result, b.result)
        )
    return a == b


def is_subtype(a: Type, b: Type) -> bool:
    """Tell whether every value of ``a`` is one of ``b``."""
    if a is b or isinstance(a, ErrorType | NothingType) or isinstance(b, ErrorType):
        return True
    if isinstance(b, NullableType):
        if isinstance(a, NullType):
            return True
        return is_subtype(a.inner if isinstance(a, NullableType) else a, b.inner) or (
            isinstance(b.inner, AnyType) and not isinstance(a, UnitType)
        )
    if isinstance(a, ClassType):
        if isinstance(b, ClassType):
            found = supertype_instance(a, b.symbol)
            return found is not None and (found is b or all(map(same_type, found.arguments, b.arguments)))
        return isinstance(b, AnyType)
    if isinstance(a, NullableType | NullType):
        return isinstance(a, NullType) and isinstance(b, NullType)
    if isinstance(a, ParameterType):
        return _parameter_is_subtype(a, b)
    if isinstance(a, FunctionType):
        return isinstance(b, AnyType) or (isinstance(b, FunctionType) and _function_is_subtype(a, b))
    return type(a) is type(b)


def _parameter_is_subtype(a: ParameterType, b: Type) -> bool:
    if isinstance(b, ParameterType) and a.symbol is b.symbol:
        return True
    if isinstance(b, AnyType):
        return not is_nullable(a)
    return any(is_subtype(bound, b) for bound in a.symbol.bounds)


def _function_is_subtype(a: FunctionType, b: FunctionType) -> bool:
    return (
        len(a.params) == len(b.params)
        and all(is_subtype(theirs, ours) for ours, theirs in zip(a.params, b.params, strict=True))
        and (isinstance(b.result, UnitType) or is_subtype(a.result, b.result))
    )


def is_machine_value(type_: Type) -> bool:
    """Tell whether the values are primitives, strings or arrays, which are no objects."""
    return isinstance(type_, ClassType) and type_.symbol.builtin not in (None, Repr.OBJECT)


def is_interface(type_: Type) -> bool:
    """Tell whether a type is an instance of an interface."""
    return isinstance(type_, ClassType) and type_.symbol.kind is ClassKind.INTERFACE


def is_assignable(a: Type, b: Type) -> bool:
    """Tell whether a value of ``a`` may stand where ``b`` is wanted."""
    return is_subtype(a, b) and not crosses_interface(a, b)


def crosses_interface(a: Type, b: Type) -> bool:
    """Tell whether a machine value would become an interface value (or an Object), which has no form."""
    wanted = non_null(b)
    if not isinstance(wanted, ClassType) or not is_machine_value(non_null(a)):
        return False
    return wanted.symbol.kind is ClassKind.INTERFACE or wanted.symbol.builtin is Repr.OBJECT


def join(a: Type, b: Type) -> Type:
    """Return the nearest type that has the values of both."""
    if is_assignable(a, b):
        return b if not isinstance(b, ErrorType) else a
    if is_assignable(b, a):
        return a
    if isinstance(a, UnitType) or isinstance(b, UnitType):
        return UNIT
    inner = _join_non_null(non_null(a), non_null(b))
    if is_nullable(a) or is_nullable(b):
        return nullable(inner)
    return inner


def _join_non_null(a: Type, b: Type) -> Type:
    if isinstance(a, NullType | NothingType):
        return b
    if isinstance(b, NullType | NothingType):
        return a
    if is_assignable(a, b):
        return b
    if is_assignable(b, a):
        return a
    if isinstance(a, ClassType) and isinstance(b, ClassType) and not is_machine_value(a) and not is_machine_value(b):
        return _join_classes(a, b)
    return ANY


def _join_classes(a: ClassType, b: ClassType) -> Type:
    interface: Type | None = None
    for symbol in ancestors(a.symbol):
        if symbol.builtin is Repr.OBJECT:
            continue
        left, right = supertype_instance(a, symbol), supertype_instance(b, symbol)
        if left is None or right is None or not same_type(left, right):
            continue
        if symbol.kind is not ClassKind.INTERFACE:
            return left
        interface = interface or left
    return interface or ANY


def join_all(types: list[Type]) -> Type:
    """Return the join of several types; Nothing for none."""
    result: Type = NOTHING
    for type_ in types:
        result = join(result, type_)
    return result


MAX_TYPE_SIZE = 500


def is_too_large(type_: Type) -> bool:
    """Tell whether a type is written with more than `MAX_TYPE_SIZE` names.

    Types share parts, so a few lines can make one that is exponentially large: whoever puts types into types
    asks this first.
    """
    pending = [type_]
    count = 0
    while pending:
        item = pending.pop()
        count += 1
        if count > MAX_TYPE_SIZE:
            return True
        if isinstance(item, ClassType):
            pending += item.arguments
        elif isinstance(item, NullableType):
            pending.append(item.inner)
        elif isinstance(item, FunctionType):
            pending += (*item.params, item.result)
    return False


def mentions_error(type_: Type) -> bool:
    """Tell whether a part of the type is unknown."""
    if isinstance(type_, ErrorType):
        return True
    if isinstance(type_, ClassType):
        return any(map(mentions_error, type_.arguments))
    if isinstance(type_, NullableType):
        return mentions_error(type_.inner)
    if isinstance(type_, FunctionType):
        return mentions_error(type_.result) or any(map(mentions_error, type_.params))
    return False


def instance_mapping(type_: Type) -> dict[TypeParameterSymbol, Type]:
    """Return what the type parameters of a class stand for in one of its instances."""
    if isinstance(type_, ClassType) and type_.arguments:
        return dict(zip(type_.symbol.type_params, type_.arguments, strict=False))
    return {}


def bound_class(type_: Type) -> ClassType | None:
    """Return the class whose members a value has: the type itself, or the first class among its bounds."""
    if isinstance(type_, ClassType):
        return type_
    if isinstance(type_, ParameterType):
        for bound in type_.symbol.bounds:
            found = bound_class(bound)
            if found is not None:
                return found
    return None
