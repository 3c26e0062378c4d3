"""Declared things: classes, functions, fields, variables.  Compared by identity.

The checker fills them; the emitter only reads.  Bodies of library functions are checked on demand:
ask ``Program.body``, never keep a body of your own.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING

from compiler.ir.types import UNIT, ClassType, Repr, Type
from compiler.records import field, mutable
from compiler.syntax.source import Span

if TYPE_CHECKING:
    from compiler.ir.hir import Expr


@mutable
class TypeParameterSymbol:
    """``T`` or ``T: Bound``; without a bound it may be any type, nullable ones too."""

    name: str
    bounds: tuple[Type, ...] = ()


@mutable
class LocalSymbol:
    """A local variable or parameter.

    A variable that a lambda captures and that is assigned after its initialisation lives in a cell
    (``is_captured and is_assigned``).  ``is_natural`` says that it counts up from 0 or more, and is never negative.
    """

    name: str
    type: Type
    is_mutable: bool = False
    is_captured: bool = False
    is_assigned: bool = False
    is_natural: bool = False


@mutable
class GlobalSymbol:
    """A variable of a module.  ``initializer`` is evaluated, in import order then textual order, before main."""

    name: str
    module: str
    type: Type
    is_mutable: bool
    initializer: Callable[[], Expr] | None = None
    """Checks and returns the initial value on demand; None for a constant that ``constant`` holds."""
    constant: Expr | None = None
    span: Span | None = None

    @property
    def qualified_name(self) -> str:
        """Unique: ``limits.highest``."""
        return f"{self.module}.{self.name}"


@mutable
class FieldSymbol:
    """A stored property.  ``init_local`` stands for it in initialisers, before the object exists."""

    name: str
    owner: ClassSymbol
    type: Type
    is_mutable: bool
    init_local: LocalSymbol


class FunctionKind(Enum):
    """How a function is called."""

    FREE = "free"
    """Module-level function, extension (receiver is the first parameter), static member."""
    METHOD = "method"
    """First parameter is ``this``."""


@mutable
class FunctionSymbol:
    """A function.  ``params`` includes ``this`` for a method.

    ``type_params`` are its own; a method also sees those of ``owner``.  Exactly one of body,
    ``intrinsic``, ``runtime``, ``kernel``, ``host`` or ``is_abstract`` says what it does.
    """

    name: str
    qualified_name: str
    """Unique: ``json.parse``, ``json.Parser.next``; overloads get ``#2`` …"""
    kind: FunctionKind
    module: str
    params: list[LocalSymbol] = field(default_factory=list)
    result: Type = UNIT
    type_params: list[TypeParameterSymbol] = field(default_factory=list)
    owner: ClassSymbol | None = None
    is_abstract: bool = False
    is_open: bool = False
    """May be overridden: dispatch is virtual."""
    overrides: list[FunctionSymbol] = field(default_factory=list)
    """Nearest methods of superclasses and interfaces that this one overrides or implements."""
    intrinsic: str = ""
    """Mnemonics, separated by spaces, that replace a call after its arguments: ``i32.add i32.narrow8_s``."""
    runtime: str = ""
    """Name of a function of ``pvm.isa.runtime``."""
    specialized: dict[str, str] = field(default_factory=dict)
    """Functions of ``pvm.isa.runtime`` that do the same as the body, by the class that its first type parameter is."""
    kernel: str = ""
    host: str = ""
    export: str = ""
    span: Span | None = None

    @property
    def place(self) -> Span | None:
        """Where its body is written, or else what it is made of."""
        return self.span


class ClassKind(Enum):
    """Kinds of class."""

    CLASS = "class"
    INTERFACE = "interface"
    ENUM = "enum"
    CASE = "case"
    """One case of an enum: a final subclass of it."""


@mutable
class Constructor:
    """How an object comes to be, in two phases.

    First every field value is computed, superclasses first, with no ``this``: ``super_arguments`` in
    terms of ``params``, then ``field_values`` (own fields, in field order), which may read params and
    the ``init_local`` of fields that are initialised earlier.  Then the object is made with all its
    fields, and the ``init`` methods run, superclass first, each with ``this`` and its class's params.
    Defaults of parameters are filled in by the caller (the checker inserts them).
    """

    params: list[LocalSymbol]
    super_arguments: list[Expr]
    field_values: list[tuple[FieldSymbol, Expr]]
    init: FunctionSymbol | None = None


@mutable
class ClassSymbol:
    """A class, interface, enum or enum case.

    ``builtin`` is set for the classes of stdlib/core that stand for machine values; their methods
    are called statically with ``this`` as first parameter.  ``traps`` are the trap mnemonics that
    the machine turns into this exception class.
    """

    name: str
    qualified_name: str
    kind: ClassKind
    module: str
    type_params: list[TypeParameterSymbol] = field(default_factory=list)
    superclass: ClassType | None = None
    interfaces: list[ClassType] = field(default_factory=list)
    fields: list[FieldSymbol] = field(default_factory=list)
    methods: list[FunctionSymbol] = field(default_factory=list)
    is_abstract: bool = False
    is_open: bool = False
    builtin: Repr | None = None
    is_throwable: bool = False
    """The root of exceptions."""
    traps: tuple[str, ...] = ()
    ordinal: int = 0
    """Of an enum case."""
    constructor: Callable[[], Constructor] | None = None
    """Checks and returns the constructor on demand; None for interfaces and builtins."""
    span: Span | None = None
