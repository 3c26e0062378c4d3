"""Symbols of declarations in source, completed on first use.

A `SourceClass` or `SourceFunction` exists as soon as its name is known; what costs something to find
out (superclass, members, signature) is left unset, and reading the unset slot asks the session's
`Completer` for it.  So a program pays for the part of the library that it touches.

One would get wrong: a completer sets every slot it is responsible for, on errors too, or the read recurses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

from compiler.ir.symbols import (
    ClassKind,
    ClassSymbol,
    Constructor,
    FieldSymbol,
    FunctionKind,
    FunctionSymbol,
    GlobalSymbol,
    LocalSymbol,
    TypeParameterSymbol,
)
from compiler.ir.types import Type
from compiler.records import field, frozen, mutable
from compiler.syntax import ast
from compiler.syntax.source import Span

if TYPE_CHECKING:
    from compiler.check.modules import ModuleScope
    from compiler.check.session import Session
    from compiler.ir.hir import Expr
    from compiler.ir.types import ClassType


class Completer(Protocol):
    """Finds out what a symbol's unset slots hold."""

    def header(self, symbol: SourceClass) -> None:
        """Set ``type_params``, ``type``, ``superclass`` and ``interfaces``."""
        ...

    def members(self, symbol: SourceClass) -> None:
        """Set ``fields``, ``methods``, ``instance`` and ``statics``."""
        ...

    def signature(self, symbol: SourceFunction) -> None:
        """Set ``params``, ``result``, ``type_params`` and ``signature``."""
        ...

    def overrides(self, symbol: SourceFunction) -> None:
        """Set ``overrides``."""
        ...

    def property_type(self, symbol: Property) -> None:
        """Set ``type``."""
        ...

    def global_type(self, symbol: SourceGlobal) -> None:
        """Set ``type`` and ``constant``."""
        ...

    def initial_value(self, symbol: SourceGlobal) -> Expr:
        """Return the checked initial value of a variable."""
        ...

    def default_body(self, function: SourceFunction, node: ast.Expression) -> Expr:
        """Return the checked default of a parameter."""
        ...

    def check_body(self, function: SourceFunction) -> Expr:
        """Return the checked body of a function that is written."""
        ...

    def declare_function(self, function: SourceFunction) -> None:
        """Set what modifiers and annotations say."""
        ...

    def declare_class(self, symbol: SourceClass) -> None:
        """Set what modifiers and annotations say."""
        ...

    def attach_constructor(self, symbol: SourceClass) -> None:
        """Give a class the function that checks its constructor."""
        ...

    def computed_global(self, node: ast.Variable, scope: TypeScope, owner: SourceClass | None) -> ComputedGlobal:
        """Return the accessors of a property without storage, at module level or static."""
        ...


@frozen
class TypeScope:
    """Where a type is written: its module, the classes around it, the type parameters in sight."""

    module: ModuleScope
    owner: SourceClass | None = None
    type_params: dict[str, TypeParameterSymbol] = field(default_factory=dict)

    def with_params(self, symbols: list[TypeParameterSymbol]) -> TypeScope:
        """Return the scope inside a declaration with type parameters."""
        if not symbols:
            return self
        return TypeScope(self.module, self.owner, {**self.type_params, **{item.name: item for item in symbols}})


@mutable
class ParameterInfo:
    """A parameter as callers see it; ``type`` is that of one element if it is variadic."""

    name: str
    type: Type
    span: Span
    default: Default | None = None
    is_variadic: bool = False


@mutable
class Default:
    """The default of a parameter: a literal to repeat, or a hidden function of the parameters before it."""

    node: ast.Expression | None
    function: SourceFunction | None = None


@mutable
class Signature:
    """What a call needs to know of a function, constructor or enum case; without ``this``."""

    name: str
    type_params: list[TypeParameterSymbol]
    params: list[ParameterInfo]
    result: Type
    span: Span | None


class DeclaredLocal(LocalSymbol):
    """A local of the source, with what flow analysis and diagnostics want to know of it."""

    __slots__ = (
        "frame",
        "has_late_value",
        "is_lambda_assigned",
        "is_used",
        "lifted",
        "loop_depth",
        "narrowed_uses",
        "role",
        "span",
    )

    def __init__(self, name: str, type_: Type, span: Span, role: str, *, is_mutable: bool = False) -> None:
        super().__init__(name, type_, is_mutable)
        self.span = span
        self.role = role
        self.frame: object = None
        self.loop_depth = 0
        self.is_used = False
        self.has_late_value = False
        """Declared without a value, assigned later."""
        self.is_lambda_assigned = False
        self.lifted: SourceFunction | None = None
        """The function that a local function became."""
        self.narrowed_uses: list[tuple[Span, bool, Type]] | None = None
        """Where its smart-cast type was used, and whether inside a lambda that captured it."""


_HEADER = frozenset({"type_params", "type", "superclass", "interfaces"})
_MEMBERS = frozenset({"fields", "methods", "instance", "statics"})
_SIGNATURE = frozenset({"params", "result", "type_params", "signature"})


class SourceClass(ClassSymbol):
    """A class, interface, enum or case that is written in a module."""

    __slots__ = (
        "ancestors",
        "constructor_signature",
        "found",
        "header_state",
        "inferring",
        "instance",
        "is_data",
        "is_public",
        "node",
        "outer",
        "scope",
        "session",
        "statics",
        "super_arguments",
        "type",
    )

    if TYPE_CHECKING:
        type: ClassType
        instance: dict[str, Member]
        statics: dict[str, Entity]
        ancestors: dict[ClassSymbol, ClassType] | None
        super_arguments: tuple[ast.Argument, ...] | None
        constructor_signature: Signature | None
        found: dict[str, tuple[SourceClass, Member] | None]

    def __init__(
        self,
        session: Session,
        node: ast.Class | ast.Interface | ast.Enum | ast.EnumCase,
        module: ModuleScope,
        *,
        kind: ClassKind,
        qualified_name: str,
        outer: SourceClass | None = None,
        is_public: bool = True,
    ) -> None:
        self.session = session
        self.node = node
        self.name = node.name.text
        self.qualified_name = qualified_name
        self.kind = kind
        self.module = module.name
        self.outer = outer
        self.is_public = is_public
        self.scope = TypeScope(module, self)
        self.span = node.name.span
        self.is_abstract = kind in (ClassKind.INTERFACE, ClassKind.ENUM)
        self.is_open = self.is_abstract
        self.is_data = False
        self.builtin = None
        self.is_throwable = False
        self.traps = ()
        self.ordinal = 0
        self.constructor: Callable[[], Constructor] | None = None
        self.constructor_signature = None
        self.super_arguments = None
        self.header_state = 0
        self.inferring = False
        self.ancestors = None
        self.found = {}

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in _HEADER:
                self.session.completer.header(self)
            elif name in _MEMBERS:
                self.session.completer.members(self)
            else:
                raise AttributeError(name)
            return object.__getattribute__(self, name)

    def __repr__(self) -> str:
        return f"<class {self.qualified_name}>"


class SourceFunction(FunctionSymbol):
    """A function, method, accessor or extension that is written in a module, or made for one."""

    __slots__ = (
        "check_body",
        "is_extension",
        "is_override",
        "is_static",
        "is_synthetic",
        "node",
        "property",
        "result_state",
        "scope",
        "session",
        "siblings",
        "signature",
        "variable",
        "visibility",
    )

    if TYPE_CHECKING:
        signature: Signature

    def __init__(  # noqa: PLR0913 - one declaration site, by keyword
        self,
        session: Session,
        node: ast.Function | ast.Getter | ast.Setter | None,
        scope: TypeScope,
        *,
        name: str,
        qualified_name: str,
        kind: FunctionKind,
        owner: SourceClass | None = None,
        span: Span | None = None,
        check_body: Callable[[], Expr] | None = None,
    ) -> None:
        self.session = session
        self.node = node
        self.scope = scope
        self.name = name
        self.qualified_name = qualified_name
        self.kind = kind
        self.module = scope.module.name
        self.owner = owner
        self.span = span
        self.is_abstract = False
        self.is_open = False
        self.intrinsic = ""
        self.runtime = ""
        self.specialized: dict[str, str] = {}
        self.kernel = ""
        self.host = ""
        self.export = ""
        self.is_static = kind is FunctionKind.FREE
        self.is_extension = False
        self.is_override = False
        self.is_synthetic = False
        self.visibility = "public"
        self.property: Property | None = None
        """Whose getter or setter this is."""
        self.siblings: dict[str, DeclaredLocal] = {}
        """Of a local function: it and the others that are in sight."""
        self.variable: ast.Variable | None = None
        """The property at module level, or the static one, whose getter or setter this is."""
        self.check_body = check_body
        self.result_state = 0

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in _SIGNATURE:
                self.session.completer.signature(self)
            elif name == "overrides":
                self.session.completer.overrides(self)
            else:
                raise AttributeError(name)
            return object.__getattribute__(self, name)

    @property
    def place(self) -> Span | None:
        """Where its body is written, or else what it is made of."""
        node = self.node
        if isinstance(node, ast.Function):
            return node.body_span or self.span
        return self.span if node is None else node.body.span

    @property
    def has_checked_body(self) -> bool:
        """Whether there is a body to be checked: one that is written, or that the compiler makes."""
        node = self.node
        is_elsewhere = self.is_abstract or self.intrinsic or self.runtime or self.kernel or self.host
        return not is_elsewhere and (self.check_body is not None or (node is not None and node.body is not None))

    def __repr__(self) -> str:
        return f"<function {self.qualified_name}>"


class SourceField(FieldSymbol):
    """A stored property; its type is that of the `Property`."""

    __slots__ = ("property",)

    def __init__(self, property_: Property) -> None:
        self.property = property_
        self.name = property_.name
        self.owner = property_.owner
        self.is_mutable = property_.is_mutable

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name == "type":
                self.type = self.property.type
            elif name == "init_local":
                self.init_local = LocalSymbol(self.name, self.property.type)
            else:
                raise AttributeError(name)
            return object.__getattribute__(self, name)


class SourceGlobal(GlobalSymbol):
    """A module variable or static property."""

    __slots__ = ("initial", "is_public", "is_used", "node", "owner", "scope", "session", "state")

    def __init__(
        self, session: Session, node: ast.Variable | None, scope: TypeScope, name: str, *, owner: SourceClass | None
    ) -> None:
        self.session = session
        self.node = node
        self.scope = scope
        self.name = name
        self.owner = owner
        self.module = scope.module.name
        self.is_mutable = node is not None and node.is_mutable
        self.initializer = (lambda: session.completer.initial_value(self)) if node is not None else None
        self.is_public = True
        self.is_used = False
        self.span = node.binding.span if node is not None else None
        self.state = 0
        self.initial: Expr | None = None

    @property
    def qualified_name(self) -> str:
        """``limits.highest``, ``geometry.Point.origin``."""
        return f"{self.owner.qualified_name}.{self.name}" if self.owner is not None else f"{self.module}.{self.name}"

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name in {"type", "constant"}:
                self.session.completer.global_type(self)
                return object.__getattribute__(self, name)
            raise AttributeError(name)


class GlobalPart(SourceGlobal):
    """One name of a module variable that takes a tuple apart; ``whole`` holds the tuple, or a tuple inside of it."""

    __slots__ = ("binding", "index", "whole")

    def __init__(self, whole: SourceGlobal, binding: ast.TupleBinding, index: int, name: str) -> None:
        super().__init__(whole.session, None, whole.scope, name, owner=None)
        session = self.session
        self.whole = whole
        self.binding = binding
        self.index = index
        self.is_public = whole.is_public
        self.is_mutable = whole.is_mutable
        self.span = binding.elements[index].span
        self.initializer = lambda: session.completer.initial_value(self)


class Property:
    """A property as its users see it: a field, accessors, or both."""

    __slots__ = ("field", "getter", "is_mutable", "is_override", "name", "node", "owner", "setter", "span", "type",
                 "visibility")  # fmt: skip

    if TYPE_CHECKING:
        type: Type

    def __init__(
        self,
        name: str,
        owner: SourceClass,
        node: ast.Variable | ast.ClassParameter | ast.EnumField | None,
        span: Span,
        *,
        is_mutable: bool,
    ) -> None:
        self.name = name
        self.owner = owner
        self.node = node
        self.span = span
        self.is_mutable = is_mutable
        self.is_override = False
        self.visibility = "public"
        self.field: FieldSymbol | None = None
        self.getter: SourceFunction | None = None
        self.setter: SourceFunction | None = None

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name == "type":
                self.owner.session.completer.property_type(self)
                return object.__getattribute__(self, name)
            raise AttributeError(name)


@frozen
class FunctionGroup:
    """The functions of one name in one scope: overloads that differ in their parameters."""

    name: str
    functions: list[SourceFunction]


@frozen
class ComputedGlobal:
    """A property without storage at module level, or a static one."""

    name: str
    getter: SourceFunction
    setter: SourceFunction | None
    is_public: bool


@mutable
class TypeAlias_:  # noqa: N801 - `TypeAlias` is taken by typing, and the field's word is this one
    """`typealias Name<T> = ...`; ``resolved`` holds parameters and type once they are known."""

    name: str
    node: ast.TypeAliasDeclaration
    scope: TypeScope
    is_public: bool
    resolved: tuple[list[TypeParameterSymbol], Type] | None = None
    is_resolving: bool = False


Member: TypeAlias = Property | FunctionGroup
Entity: TypeAlias = "SourceClass | FunctionGroup | SourceGlobal | ComputedGlobal | TypeAlias_ | ModuleScope"
