"""What the checker takes over from a library module that was checked before: see `compiler.library`.

Such a module has the trees of its declarations, in which no body is left, and a `TypedModule` that knows what
checking the bodies gave.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from compiler.check.declared import SourceClass, SourceFunction, SourceGlobal
    from compiler.check.modules import ModuleScope
    from compiler.check.session import Session
    from compiler.ir import hir
    from compiler.ir.symbols import Constructor
    from compiler.syntax import ast


class TypedModule(Protocol):
    """The checked bodies of a module, in one compilation."""

    def body(self, function: SourceFunction) -> hir.Expr:
        """Return the body of a function, accessor or default."""
        ...

    def constructor(self, symbol: SourceClass) -> Constructor:
        """Return how objects of a class come to be; sets the types of its stored properties."""
        ...

    def complete_global(self, symbol: SourceGlobal) -> None:
        """Set ``type`` and ``constant`` of a variable."""
        ...

    def initial_value(self, symbol: SourceGlobal) -> hir.Expr:
        """Return the initial value of a variable."""
        ...


class Artefact(Protocol):
    """A library module that was checked before."""

    @property
    def trees(self) -> Sequence[ast.Module]:
        """The declarations: of the core one tree for each file, in order, of any other module one."""
        ...

    def typed(self, session: Session, scopes: Sequence[ModuleScope]) -> TypedModule:
        """Return the bodies for a compilation in which ``scopes`` were made of the trees."""
        ...


class Library(Protocol):
    """The library's modules that were checked before, or are now."""

    def module(self, name: str) -> Artefact | None:
        """Return a module, ``core`` among them; None if there is none, or none without errors."""
        ...
