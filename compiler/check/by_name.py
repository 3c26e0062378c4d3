"""Declarations by module and qualified name: what a `Symbols` is to the emitter.

A name is followed from the top level down, so that of a large module only the class is looked at that the name is
about.  What has a name of the compiler's own making, as overloads, accessors and defaults, is found among the
functions of its class or module.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compiler.check.constructors import constructor_signature
from compiler.check.declared import (
    ComputedGlobal,
    Entity,
    FunctionGroup,
    ParameterInfo,
    SourceClass,
    SourceFunction,
    SourceGlobal,
)
from compiler.check.modules import ModuleScope
from compiler.check.session import Session
from compiler.check.variables import case_object
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, GlobalSymbol

_DEFAULT = ".default."


class ModuleNames:
    """The declarations of one module, which may have several files.  Names are given as `relative` cuts them."""

    def __init__(self, session: Session, scopes: Sequence[ModuleScope]) -> None:
        self._session = session
        self._scopes = scopes
        self._functions: dict[SourceClass | None, dict[str, SourceFunction]] = {}
        is_core = bool(scopes) and scopes[0].origin == "core"
        self.prefix = "" if is_core or not scopes else f"{scopes[0].name}."
        """What stands before the names of functions and classes."""

    def relative(self, qualified: str) -> str:
        """Return a qualified name without the module."""
        return qualified.removeprefix(self.prefix)

    def entity(self, name: str) -> Entity | None:
        """Return what is declared under a path of names."""
        found = None
        for scope in self._scopes[:1]:
            declared = scope.declared
            for part in name.split("."):
                found = declared.get(part)
                declared = found.statics if isinstance(found, SourceClass) else {}
        return found

    def class_named(self, name: str) -> SourceClass | None:
        """Return a class."""
        found = self.entity(name)
        return found if isinstance(found, SourceClass) else None

    def variable(self, name: str) -> SourceGlobal | None:
        """Return a module variable or static property; what takes a tuple apart has no name to follow."""
        found = self.entity(name)
        if isinstance(found, SourceGlobal):
            return found
        return next((item for scope in self._scopes for item in scope.variables if item.name == name), None)

    def function(self, name: str) -> SourceFunction | None:
        """Return a function, method, accessor, default or `init`."""
        owner = self._owner(name)
        found = self._of_class(owner).get(name) if owner is not None else None
        if found is None:
            found = self._of_module().get(name)
        return found if found is not None else self._made(name, owner)

    def _owner(self, name: str) -> SourceClass | None:
        """Return the innermost class that a name begins with."""
        owner = None
        for scope in self._scopes[:1]:
            declared = scope.declared
            for part in name.split("."):
                found = declared.get(part)
                if not isinstance(found, SourceClass):
                    break
                owner, declared = found, found.statics
        return owner

    def _of_class(self, symbol: SourceClass) -> dict[str, SourceFunction]:
        known = self._functions.get(symbol)
        if known is None:
            known = self._functions[symbol] = self._table(functions_in(symbol))
        return known

    def _of_module(self) -> dict[str, SourceFunction]:
        known = self._functions.get(None)
        if known is None:
            known = self._functions[None] = self._table(item for scope in self._scopes for item in scope.functions)
        return known

    def _table(self, functions: Iterable[SourceFunction]) -> dict[str, SourceFunction]:
        return {self.relative(item.qualified_name): item for item in functions}

    def _made(self, name: str, owner: SourceClass | None) -> SourceFunction | None:
        """Return a function that exists because another declaration does."""
        base, separator, _ = name.rpartition(_DEFAULT)
        if not separator:
            return _init(owner) if owner is not None and name == f"{self.relative(owner.qualified_name)}.init" else None
        function = self.function(base)
        infos = function.signature.params if function is not None else []
        if function is None and (symbol := self.class_named(base)) is not None:
            infos = constructor_signature(symbol).params
        return next((item for item in defaults(infos) if self.relative(item.qualified_name) == name), None)


class NamedSymbols:
    """The declarations of one compilation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._modules: dict[str, ModuleNames] = {}

    def _module(self, name: str) -> ModuleNames:
        known = self._modules.get(name)
        if known is None:
            scopes = [scope for scope in self._session.modules.values() if scope.name == name]
            known = self._modules[name] = ModuleNames(self._session, scopes)
        return known

    def class_named(self, module: str, name: str) -> ClassSymbol | None:
        names = self._module(module)
        return names.class_named(names.relative(name))

    def variable_named(self, module: str, name: str) -> GlobalSymbol | None:
        return self._module(module).variable(name.removeprefix(f"{module}."))

    def case_named(self, module: str, name: str) -> GlobalSymbol | None:
        names = self._module(module)
        found = names.class_named(names.relative(name))
        return case_object(self._session, found) if found is not None else None

    def function_named(self, module: str, name: str) -> FunctionSymbol | None:
        names = self._module(module)
        return names.function(names.relative(name))


# All functions


def functions_of(scope: ModuleScope) -> Iterator[SourceFunction]:
    """Yield every function of a file that is not inside of another, what is made for it before what it is made for."""
    for symbol in scope.classes:
        yield from _with_inner(symbol)
    for function in list(scope.functions):
        yield function
        yield from defaults(function.signature.params)


def classes_of(scope: ModuleScope) -> Iterator[SourceClass]:
    """Yield every class of a file, outer ones first."""
    pending = list(reversed(scope.classes))
    while pending:
        symbol = pending.pop()
        yield symbol
        pending += [item for item in reversed(symbol.statics.values()) if isinstance(item, SourceClass)]


def _with_inner(outer: SourceClass) -> Iterator[SourceFunction]:
    for function in functions_in(outer):
        yield function
        yield from defaults(function.signature.params)
    if (init := _init(outer)) is not None:
        yield init
    if outer.constructor is not None:
        yield from defaults(constructor_signature(outer).params)
    for entity in list(outer.statics.values()):
        if isinstance(entity, SourceClass):
            yield from _with_inner(entity)


def functions_in(symbol: SourceClass) -> Iterator[SourceFunction]:
    """Yield the methods, static functions and accessors of a class."""
    yield from (item for item in symbol.methods if isinstance(item, SourceFunction))
    for entity in list(symbol.statics.values()):
        if isinstance(entity, FunctionGroup):
            yield from entity.functions
        elif isinstance(entity, ComputedGlobal):
            yield entity.getter
            if entity.setter is not None:
                yield entity.setter


def defaults(infos: Iterable[ParameterInfo]) -> Iterator[SourceFunction]:
    """Yield the functions that compute the defaults of parameters."""
    for info in infos:
        if info.default is not None and info.default.function is not None:
            yield info.default.function


def _init(symbol: SourceClass) -> SourceFunction | None:
    made = symbol.constructor().init if symbol.constructor is not None else None
    return made if isinstance(made, SourceFunction) else None
