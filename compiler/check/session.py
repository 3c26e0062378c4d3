"""One compilation: the modules loaded, the types of the core library, the bodies checked so far.

Everything that outlives the check of a single function is here and nowhere else, so that two
compilations never share state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from compiler.check.declared import (
    Completer,
    Entity,
    FunctionGroup,
    SourceClass,
    SourceFunction,
    SourceGlobal,
)
from compiler.diagnostics import Diagnostics, did_you_mean
from compiler.ir import hir
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import ClassType, Repr, Type

if TYPE_CHECKING:
    from compiler.check.modules import ModuleScope, Sources
    from compiler.check.typed import Library
    from compiler.check.units import Effect, Memory
    from compiler.syntax.source import Span

MAX_SUGGESTIONS = 200
"""More errors than anybody reads are not worth the time that finding near names takes."""
INTEGER_RANGES = {
    Repr.I8: (-(2**7), 2**7 - 1),
    Repr.I16: (-(2**15), 2**15 - 1),
    Repr.I32: (-(2**31), 2**31 - 1),
    Repr.I64: (-(2**63), 2**63 - 1),
    Repr.U8: (0, 2**8 - 1),
    Repr.U16: (0, 2**16 - 1),
    Repr.U32: (0, 2**32 - 1),
    Repr.U64: (0, 2**64 - 1),
}
FLOATS = frozenset({Repr.F32, Repr.F64})
NUMBERS = frozenset(INTEGER_RANGES) | FLOATS


def number_kind(type_: Type) -> Repr | None:
    """Return the representation if the type is a number."""
    if isinstance(type_, ClassType) and type_.symbol.builtin in NUMBERS:
        return type_.symbol.builtin
    return None


class Session:
    """State of one compilation."""

    def __init__(self, diagnostics: Diagnostics, completer: Completer) -> None:
        self.diagnostics = diagnostics
        self.completer = completer
        self.modules: dict[str, ModuleScope] = {}
        self.files: dict[str, ModuleScope] = {}
        """The user's modules by file."""
        self.order: list[ModuleScope] = []
        """Modules in the order in which their variables are initialised."""
        self.core: dict[str, Entity] = {}
        self.core_public: dict[str, Entity] = {}
        self.core_extensions: dict[str, list[SourceFunction]] = {}
        self.globals: list[SourceGlobal] = []
        self.exports: list[SourceFunction] = []
        self._bodies: dict[FunctionSymbol, hir.Expr] = {}
        self._deferred: list[Callable[[], None]] = []
        self._names: dict[tuple[str, str], int] = {}
        self._lambdas: dict[tuple[str, str], int] = {}
        self._core_types: dict[str, ClassType] = {}
        self.case_objects: dict[SourceClass, SourceGlobal] = {}
        self.library_index: dict[str, str] | None = None
        self.sources: Sources | None = None
        self.library: Library | None = None
        """Library modules that need not be checked; None where all are read from their sources."""
        self.has_syntax_errors = False
        self._suggestions_left = MAX_SUGGESTIONS
        self.uses_tasks = False
        """The user's modules spawn tasks."""
        self.is_privileged = False
        """The user's modules are system modules."""
        self.memory: Memory | None = None
        self.effects: dict[Effect, None] = {}
        """What the unit that is being checked does beside reporting."""

    # Core library

    def core_class(self, name: str) -> SourceClass:
        """Return a class of stdlib/core, which the compiler relies on."""
        found = self.core.get(name)
        assert isinstance(found, SourceClass), f"stdlib/core has no class {name}"
        return found

    def core_function(self, name: str) -> SourceFunction:
        """Return a function of stdlib/core, which the compiler relies on."""
        found = self.core.get(name)
        assert isinstance(found, FunctionGroup), f"stdlib/core has no function {name}"
        return found.functions[0]

    def core_type(self, name: str, *arguments: Type) -> ClassType:
        """Return an instance of a class of stdlib/core."""
        if arguments:
            return ClassType(self.core_class(name), arguments)
        known = self._core_types.get(name)
        if known is None:
            known = self._core_types[name] = self.core_class(name).type
        return known

    @property
    def int_type(self) -> ClassType:
        return self.core_type("Int")

    @property
    def bool_type(self) -> ClassType:
        return self.core_type("Bool")

    @property
    def string_type(self) -> ClassType:
        return self.core_type("String")

    # Effects

    def note(self, *effect: str) -> None:
        """Note an effect of what is being checked."""
        self.effects[effect] = None

    @contextmanager
    def unit(self, span: Span | None) -> Iterator[None]:
        """What happens inside is an effect of what stands at a place, whoever asked for its check."""
        memory = self.memory
        if memory is None or span is None:
            yield
            return
        around, self.effects = self.effects, {}
        before = self.diagnostics.total
        yield
        memory.learn(memory.unit(span), self.effects, is_clean=self.diagnostics.total == before)
        self.effects = around

    def repeat(self, effects: Iterable[Effect]) -> None:
        """Let effects happen that were noted in an earlier compilation."""
        for kind, *about in effects:
            if kind == "tasks":
                self.uses_tasks = True
            else:
                self.files[about[0]].imported[about[1]].is_used = True

    # Names and deferred work

    def did_you_mean(self, name: str, candidates: Iterable[str]) -> str | None:
        """Return the known name that was probably meant; looks only for the first misspelt names."""
        if self._suggestions_left <= 0:
            return None
        self._suggestions_left -= 1
        return did_you_mean(name, candidates)

    def hidden_library(self, module: ModuleScope) -> str | None:
        """Return what to write for a module of the library that one of the program hides, or None."""
        path = tuple(module.name.split("."))
        if not module.is_user or self.sources is None or self.sources.find_in_library(path) is None:
            return None
        return f"the program's own `{module.name}` hides that of the library, which is `std.{module.name}`"

    def unique_name(self, module: str, name: str) -> str:
        """Return ``name``, or ``name#2`` and so on where it is taken in a module.

        It must not depend on other modules: those of the library have their names before any program.
        """
        count = self._names[module, name] = self._names.get((module, name), 0) + 1
        return name if count == 1 else f"{name}#{count}"

    def lambda_name(self, module: str, owner: str) -> str:
        """Return the name of the next lambda in the body of ``owner``.

        It must not depend on what else is checked, or in which order.
        """
        count = self._lambdas[module, owner] = self._lambdas.get((module, owner), 0) + 1
        return f"{owner}.lambda#{count}"

    def defer(self, work: Callable[[], None]) -> None:
        """Do a check when every declaration is known."""
        self._deferred.append(work)

    def run_deferred(self) -> None:
        """Do what was deferred, and what that defers."""
        while self._deferred:
            work, self._deferred = self._deferred, []
            for item in work:
                item()

    # Bodies of functions

    def body(self, function: FunctionSymbol) -> hir.Expr:
        """Return the checked body of a function, checking it now if need be."""
        found = self._bodies.get(function)
        if found is None:
            assert isinstance(function, SourceFunction), function
            found = self._bodies[function] = self._body(function)
        return found

    def _body(self, function: SourceFunction) -> hir.Expr:
        typed = function.scope.module.typed
        if typed is not None:
            return typed.body(function)
        made = function.check_body
        with self.unit(function.place):
            return made() if made is not None else self.completer.check_body(function)

    def has_body(self, function: FunctionSymbol) -> bool:
        """Tell whether a body has been checked already."""
        return function in self._bodies

    def set_body(self, function: FunctionSymbol, body: hir.Expr) -> None:
        """Keep a body that was checked before it was asked for."""
        self._bodies[function] = body
