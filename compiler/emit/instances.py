"""Specialisation: what an instance of a generic declaration is, and how it is called.

A type argument counts only by its *key*: a primitive type or String stands for itself, everything
else is ``ERASED``, which is ``Any?``.  Inside an instance each type parameter is replaced by its
key, so that the emitter sees no type parameters at all (``substitute``), and where a value leaves
an erased place for a more exact type, ``conversions.convert`` puts in a cast.

Two types with equal keys are one instance: ``List<Point>`` and ``List<Shape>`` are ``List``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compiler.ir.symbols import ClassKind, ClassSymbol, FunctionSymbol, TypeParameterSymbol
from compiler.ir.types import (
    ANY,
    ClassType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    Repr,
    Type,
    UnitType,
    substitute,
)

ERASED: Type = NullableType(ANY)
Keys = tuple[Type, ...]
Mapping = dict[TypeParameterSymbol, Type]


def repr_of(type_: Type) -> Repr | None:
    """The machine representation of a builtin class, else None."""
    return type_.symbol.builtin if isinstance(type_, ClassType) else None


def is_primitive(type_: Type) -> bool:
    """Whether values of the type live on the primitive stack."""
    representation = repr_of(type_)
    return representation is not None and representation.is_primitive


def is_void(type_: Type) -> bool:
    """Whether expressions of the type leave nothing on the stacks."""
    return isinstance(type_, UnitType | NothingType)


def is_nullable(type_: Type) -> bool:
    """Whether null is a value of the type."""
    return isinstance(type_, NullableType | NullType)


def is_interface(type_: Type) -> bool:
    """Whether the type is an interface."""
    return isinstance(type_, ClassType) and type_.symbol.kind is ClassKind.INTERFACE


def key_of(type_: Type) -> Type:
    """The key of a type argument that has no type parameters in it."""
    if is_primitive(type_) or repr_of(type_) is Repr.STRING:
        return type_
    return ERASED


def keys_of(types: Iterable[Type]) -> Keys:
    """The keys of type arguments."""
    return tuple(map(key_of, types))


def mapping_of(params: Sequence[TypeParameterSymbol], keys: Keys) -> Mapping:
    """Replace type parameters by keys."""
    return dict(zip(params, keys, strict=True))


def class_mapping(symbol: ClassSymbol, keys: Keys) -> Mapping:
    """The mapping inside an instance of a class."""
    return mapping_of(symbol.type_params, keys)


def passed_type(type_: Type) -> Type:
    """The type that a function value's parameter or result has at the call: see ``lowering``."""
    return type_ if is_primitive(type_) else ERASED


def erased_function(type_: FunctionType) -> FunctionType:
    """The function type as its calls see it; Unit and Nothing results are erased too."""
    return FunctionType(tuple(map(passed_type, type_.params)), passed_type(type_.result))


def supertype(type_: ClassType, target: ClassSymbol) -> ClassType | None:
    """The instance of ``target`` that a class type is or has above it, else None."""
    if type_.symbol is target:
        return type_
    if target.builtin is Repr.OBJECT and type_.symbol.kind is not ClassKind.INTERFACE:
        return ClassType(target)
    mapping = dict(zip(type_.symbol.type_params, type_.arguments, strict=True))
    superclass = type_.symbol.superclass
    for above in (*([superclass] if superclass else []), *type_.symbol.interfaces):
        replaced = substitute(above, mapping)
        assert isinstance(replaced, ClassType)
        found = supertype(replaced, target)
        if found is not None:
            return found
    return None


def overridden(function: FunctionSymbol) -> Iterable[FunctionSymbol]:
    """The function and everything that it overrides, nearest first."""
    seen: list[FunctionSymbol] = []
    pending = [function]
    while pending:
        current = pending.pop(0)
        if current not in seen:
            seen.append(current)
            pending.extend(current.overrides)
    return seen


# Names


def key_name(key: Type) -> str:
    """A key as a reader knows it."""
    return key.symbol.name if isinstance(key, ClassType) else "Any"


def instance_name(name: str, keys: Keys) -> str:
    """``List<Int>``; an instance that is erased throughout has the plain name."""
    if all(key == ERASED for key in keys):
        return name
    return f"{name}<{', '.join(map(key_name, keys))}>"


def function_name(function: FunctionSymbol, class_keys: Keys, keys: Keys) -> str:
    """``List<Int>.add``, ``max<Int>``: how stack traces show it."""
    name = instance_name(function.name, keys)
    if function.owner is None:
        return name
    owner_keys = class_keys if len(class_keys) == len(function.owner.type_params) else ()
    return f"{instance_name(function.owner.name, owner_keys)}.{name}"
