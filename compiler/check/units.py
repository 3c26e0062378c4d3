"""What is checked by itself: the body of a function, or everything in a file that is not in such a body.

Checking one leaves more behind than diagnostics: imports that were used, tasks that were spawned.  These are its
*effects*, plain tuples.  A `Memory` knows units that were checked in an earlier compilation without a finding; these
are not checked again, but their effects happen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Protocol

from compiler.check.declared import FunctionGroup, SourceClass, SourceFunction, SourceGlobal

if TYPE_CHECKING:
    from compiler.check.modules import ModuleScope
    from compiler.check.session import Session
    from compiler.syntax.source import Span

Unit = tuple[str, int]
"""A file, and which part of it."""
Effect = tuple[str, ...]
"""``("import", file, name)`` or ``("tasks",)``."""


class Memory(Protocol):
    """Remembers units from one compilation to the next."""

    def begin(self, session: Session) -> None:
        """Take note of the modules, all of which are loaded."""
        ...

    def unit(self, span: Span) -> Unit:
        """Return the unit at a place."""
        ...

    def recall(self, unit: Unit) -> Iterable[Effect] | None:
        """Return the effects of a unit that need not be checked."""
        ...

    def learn(self, unit: Unit, effects: Iterable[Effect], *, is_clean: bool) -> None:
        """Note that something in a unit was checked, and whether nothing was reported."""
        ...


Work = tuple["Span", Callable[[], object]]
"""Where something stands, and how to check it."""


def check_units(session: Session, work: Iterable[Work]) -> None:
    """Check what is not remembered."""
    memory = session.memory
    for span, check in work:
        if memory is None:
            check()
            continue
        effects = memory.recall(memory.unit(span))
        if effects is None:
            with session.unit(span):
                check()
        else:
            session.repeat(effects)


def work_of(module: ModuleScope, check_body: Callable[[SourceFunction], None]) -> Iterator[Work]:
    """Yield what is to be checked in a module, in order, but for tests."""
    for function in module.functions:
        yield from _function(function, check_body)
    for symbol in module.classes:
        yield from _class(symbol, check_body)
    for variable in module.variables:
        yield from _variable(variable)


def _function(function: SourceFunction, check_body: Callable[[SourceFunction], None]) -> Iterator[Work]:
    assert function.place is not None
    yield function.place, partial(check_body, function)


def _variable(variable: SourceGlobal) -> Iterator[Work]:
    if variable.initializer is not None:
        assert variable.span is not None
        yield variable.span, variable.initializer


def _class(symbol: SourceClass, check_body: Callable[[SourceFunction], None]) -> Iterator[Work]:
    for method in symbol.methods:
        assert isinstance(method, SourceFunction)
        yield from _function(method, check_body)
    if symbol.constructor is not None:
        assert symbol.span is not None
        yield symbol.span, symbol.constructor
    for entity in symbol.statics.values():
        if isinstance(entity, FunctionGroup):
            for function in entity.functions:
                yield from _function(function, check_body)
        elif isinstance(entity, SourceGlobal):
            yield from _variable(entity)
    for entity in symbol.statics.values():
        if isinstance(entity, SourceClass):
            yield from _class(entity, check_body)
