"""Declarations by module and qualified name: what a `Symbols` is to the emitter.

Finding a class or variable follows its name from the top level down.  For functions every declaration of a module is
looked at once, because accessors, defaults and overloads have names of their own making.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from compiler.check.declared import ComputedGlobal, Entity, FunctionGroup, SourceClass, SourceFunction, SourceGlobal
from compiler.check.modules import ModuleScope
from compiler.check.session import Session
from compiler.check.variables import case_object
from compiler.ir.symbols import ClassSymbol, FunctionSymbol, GlobalSymbol


class NamedSymbols:
    """The declarations of one compilation."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._functions: dict[str, dict[str, FunctionSymbol]] = {}

    def class_named(self, module: str, name: str) -> ClassSymbol | None:
        found = self._entity(module, name)
        return found if isinstance(found, SourceClass) else None

    def variable_named(self, module: str, name: str) -> GlobalSymbol | None:
        found = self._entity(module, name, prefix=module)
        return found if isinstance(found, SourceGlobal) else None

    def case_named(self, module: str, name: str) -> GlobalSymbol | None:
        found = self._entity(module, name)
        return case_object(self._session, found) if isinstance(found, SourceClass) else None

    def function_named(self, module: str, name: str) -> FunctionSymbol | None:
        known = self._functions.get(module)
        if known is None:
            scopes = [scope for scope in self._session.modules.values() if scope.name == module]
            known = {item.qualified_name: item for scope in scopes for item in _functions_of(scope)}
            self._functions[module] = known
        return known.get(name)

    def _entity(self, module: str, name: str, prefix: str | None = None) -> Entity | None:
        """Follow a name; names of core have no module before them, but for variables."""
        scope = self._session.modules.get(module)
        declared = self._session.core if module == "core" else scope.declared if scope is not None else None
        if declared is None:
            return None
        path = name.removeprefix(f"{module}." if module != "core" or prefix else "").split(".")
        found: Entity | None = None
        for part in path:
            found = declared.get(part)
            declared = found.statics if isinstance(found, SourceClass) else {}
        return found


def _functions_of(scope: ModuleScope) -> Iterator[SourceFunction]:
    yield from _with_defaults(scope.functions)
    for symbol in scope.classes:
        yield from _functions_in(symbol)


def _functions_in(symbol: SourceClass) -> Iterator[SourceFunction]:
    yield from _with_defaults(item for item in symbol.methods if isinstance(item, SourceFunction))
    if symbol.constructor is not None:
        init = symbol.constructor().init
        if isinstance(init, SourceFunction):
            yield init
    if symbol.constructor_signature is not None:
        yield from (
            info.default.function
            for info in symbol.constructor_signature.params
            if info.default is not None and info.default.function is not None
        )
    for entity in list(symbol.statics.values()):
        if isinstance(entity, FunctionGroup):
            yield from _with_defaults(entity.functions)
        elif isinstance(entity, SourceClass):
            yield from _functions_in(entity)
        elif isinstance(entity, ComputedGlobal):
            yield entity.getter
            if entity.setter is not None:
                yield entity.setter


def _with_defaults(functions: Iterable[SourceFunction]) -> Iterator[SourceFunction]:
    for function in functions:
        yield function
        for info in function.signature.params:
            if info.default is not None and info.default.function is not None:
                yield info.default.function
