"""Declarations and types as numbers in a table, and back: what the typed bodies of one module refer to.

A *reference* is a plain tuple that names a declaration by its module (of the library, whatever a program calls it),
or builds a type of others by their numbers.  A `Writer` collects the references of a module; a `Reader` finds what they
mean in one compilation, each when it is first asked for.

======================================  ==============================================
``("class", module, name)``             a class, interface, enum or case
``("function", module, name)``          a function, method, accessor, default or ``init``
``("variable", module, name)``          a module variable or static property
``("case", class)``                     the variable that holds the object of an enum case
``("field", class, name)``              a stored property
``("of", class, argument...)``          an instance of a class
``("parameter", owner, index)``         a type parameter of a class or function
``("nullable", type)``                  ``T?``
``("calls", result, param...)``         a function type
``("any",)`` ...                        the types of `_SINGLE`
======================================  ==============================================
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from compiler.check.by_name import ModuleNames
from compiler.check.declared import Property, SourceClass, SourceFunction, SourceGlobal
from compiler.check.modules import CORE, LIBRARY_PREFIX, ModuleScope
from compiler.check.session import Session
from compiler.check.variables import case_object
from compiler.ir.symbols import FieldSymbol, FunctionSymbol, GlobalSymbol, TypeParameterSymbol
from compiler.ir.types import (
    ANY,
    NOTHING,
    NULL,
    UNIT,
    AnyType,
    ClassType,
    FunctionType,
    NothingType,
    NullableType,
    NullType,
    ParameterType,
    Type,
    UnitType,
)

Reference = tuple[Any, ...]
_SINGLE: dict[str, Type] = {"any": ANY, "null": NULL, "nothing": NOTHING, "unit": UNIT}
_SINGLE_NAMES: dict[type, str] = {AnyType: "any", NullType: "null", NothingType: "nothing", UnitType: "unit"}


class UnkeepableError(Exception):
    """A body refers to something that has no name outside of it, or has an error."""


class Writer:
    """Gives numbers to what is referred to."""

    def __init__(self, session: Session) -> None:
        self._names = _Names(session)
        self._session = session
        self._numbers: dict[Reference, int] = {}
        self._params: dict[TypeParameterSymbol, tuple[int, int]] = {}
        self._types: dict[Type, int] = {}

    def references(self) -> list[Reference]:
        """Return everything that was referred to, by number."""
        return list(self._numbers)

    def enter_params(self, owner: SourceClass | SourceFunction) -> None:
        """Take note of the type parameters that a class or function introduces; what shares them comes later."""
        number = self.symbol(owner)
        for index, item in enumerate(owner.type_params):
            self._params.setdefault(item, (number, index))

    def symbol(self, symbol: object) -> int:
        """Return the number of a declaration."""
        match symbol:
            case SourceClass():
                names = self._names.of(symbol.scope.module)
                return self._number("class", self._module(symbol.scope.module), names.relative(symbol.qualified_name))
            case FunctionSymbol():
                return self._function(symbol)
            case FieldSymbol(name, owner):
                return self._number("field", self.symbol(owner), name)
            case GlobalSymbol():
                return self._variable(symbol)
            case _:
                raise UnkeepableError(symbol)

    def _function(self, symbol: FunctionSymbol) -> int:
        if isinstance(symbol, SourceFunction):
            scope = symbol.scope.module
            names = self._names.of(scope)
            name = names.relative(symbol.qualified_name)
            if names.function(name) is symbol:
                return self._number("function", self._module(scope), name)
        raise UnkeepableError(symbol)

    def _variable(self, symbol: GlobalSymbol) -> int:
        type_ = symbol.type
        if isinstance(type_, ClassType) and self._session.case_objects.get(type_.symbol) is symbol:  # type: ignore[call-overload]
            return self._number("case", self.symbol(type_.symbol))
        assert isinstance(symbol, SourceGlobal)
        scope = symbol.scope.module
        name = symbol.qualified_name.removeprefix(f"{scope.name}.")
        if self._names.of(scope).variable(name) is symbol:
            return self._number("variable", self._module(scope), name)
        raise UnkeepableError(symbol)

    def _module(self, scope: ModuleScope) -> str:
        return CORE if scope.origin == CORE else scope.name

    def type(self, type_: Type) -> int:
        """Return the number of a type."""
        known = self._types.get(type_)
        if known is None:
            known = self._types[type_] = self._number(*self._type(type_))
        return known

    def _type(self, type_: Type) -> Reference:
        match type_:
            case ClassType(symbol, arguments):
                return "of", self.symbol(symbol), *map(self.type, arguments)
            case ParameterType(symbol):
                if symbol not in self._params:
                    raise UnkeepableError(symbol)
                return "parameter", *self._params[symbol]
            case NullableType(inner):
                return "nullable", self.type(inner)
            case FunctionType(params, result):
                return "calls", self.type(result), *map(self.type, params)
            case _ if type(type_) in _SINGLE_NAMES:
                return (_SINGLE_NAMES[type(type_)],)
            case _:
                raise UnkeepableError(type_)

    def _number(self, *reference: Any) -> int:
        return self._numbers.setdefault(reference, len(self._numbers))


class Reader:
    """What the references of one module mean in one compilation."""

    def __init__(self, session: Session, references: Sequence[Reference]) -> None:
        self._session = session
        self._names = _Names(session)
        self._references = references
        self._found: list[Any] = [None] * len(references)

    def get(self, number: int) -> Any:
        """Return the declaration or type of a number."""
        found = self._found[number]
        if found is None:
            found = self._found[number] = self._find(self._references[number])
            assert found is not None, self._references[number]
        return found

    def _find(self, reference: Reference) -> Any:
        match reference:
            case ("class", module, name):
                return self._names.of_library(module).class_named(name)
            case ("function", module, name):
                return self._names.of_library(module).function(name)
            case ("variable", module, name):
                return self._names.of_library(module).variable(name)
            case ("case", owner):
                return case_object(self._session, self.get(owner))
            case ("field", owner, name):
                found = self.get(owner).instance[name]
                assert isinstance(found, Property)
                return found.field
            case ("of", symbol, *arguments):
                return ClassType(self.get(symbol), tuple(map(self.get, arguments)))
            case ("parameter", owner, index):
                return ParameterType(self.get(owner).type_params[index])
            case ("nullable", inner):
                return NullableType(self.get(inner))
            case ("calls", result, *params):
                return FunctionType(tuple(map(self.get, params)), self.get(result))
            case (single,):
                return _SINGLE[single]


class _Names:
    """The declarations of the library's modules by name, and which module a scope belongs to."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[str, ModuleNames] = {}

    def of(self, scope: ModuleScope) -> ModuleNames:
        return self.of_library(CORE if scope.origin == CORE else scope.name)

    def of_library(self, name: str) -> ModuleNames:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = ModuleNames(self._session, scopes_of(self._session, name))
        return known


def scopes_of(session: Session, name: str) -> list[ModuleScope]:
    """Return the files of a module of the library, which has another name where the program has one of its name."""
    if name == CORE:
        return [scope for scope in session.modules.values() if scope.origin == CORE]
    found = session.modules.get(name)
    if found is None or found.is_user:
        found = session.modules[f"{LIBRARY_PREFIX}.{name}"]
    return [found]
