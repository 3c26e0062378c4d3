"""Whether the arms of a `match` cover every value, and which arms no value reaches (after Maranget).

A pattern is seen as a shape: anything, or a constructor with shapes inside.  A type with finitely many
constructors (enum, Bool, tuple, data class, nullable) is covered if each of them is; any other only by a
shape that takes anything.  The search stops after `MAX_STEPS`: then an `else` is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import TypeAlias

from compiler.check.declared import Property, SourceClass
from compiler.check.destructuring import component_names
from compiler.check.members import is_tuple
from compiler.ir.symbols import ClassKind
from compiler.ir.types import ClassType, NullableType, Repr, Type, substitute
from compiler.records import frozen

MAX_STEPS = 200_000


@frozen
class Shape:
    """A constructor applied to shapes; ``key`` tells constructors of one type apart."""

    key: Hashable
    arguments: tuple[Pattern, ...] = ()


Pattern: TypeAlias = "Shape | None"
"""None takes anything."""

SOME, NULL = "some", "null"
Row: TypeAlias = tuple[Pattern, ...]


class TooComplexError(Exception):
    """The search was given up."""


@frozen
class Constructor:
    """One way to make a value of a type: its key, the types inside, and how to write it."""

    key: Hashable
    types: tuple[Type, ...]
    show: Callable[[Sequence[str]], str]


def constructors(type_: Type) -> list[Constructor] | None:
    """Return all constructors of a type, or None if there are too many to name."""
    if isinstance(type_, NullableType):
        return [
            Constructor(NULL, (), lambda _: "null"),
            Constructor(SOME, (type_.inner,), lambda inner: inner[0]),
        ]
    if not isinstance(type_, ClassType):
        return None
    symbol = type_.symbol
    assert isinstance(symbol, SourceClass)
    if symbol.builtin is Repr.BOOL:
        return [Constructor(value, (), lambda _, value=value: str(value).lower()) for value in (True, False)]  # type: ignore[misc]
    if symbol.kind is ClassKind.ENUM:
        cases = [item for item in symbol.statics.values() if isinstance(item, SourceClass)]
        return [_case(item, type_) for item in cases if item.kind is ClassKind.CASE]
    names = component_names(type_)
    if names is None or symbol.is_open:
        return None
    return [_product(symbol, type_, names)]


def _case(symbol: SourceClass, enum: ClassType) -> Constructor:
    mapping = dict(zip(symbol.type_params, enum.arguments, strict=False))
    types = tuple(substitute(item.type, mapping) for item in symbol.fields)

    def show(inner: Sequence[str]) -> str:
        return f"{symbol.name}({', '.join(inner)})" if types else symbol.name

    return Constructor(symbol, types, show)


def _product(symbol: SourceClass, type_: ClassType, names: Sequence[str]) -> Constructor:
    mapping = dict(zip(symbol.type_params, type_.arguments, strict=False))
    types: list[Type] = []
    for name in names:
        prop = symbol.instance[name]
        assert isinstance(prop, Property)
        types.append(substitute(prop.type, mapping))
    title = "" if is_tuple(type_) else symbol.name
    return Constructor(symbol, tuple(types), lambda inner: f"{title}({', '.join(inner)})")


class Search:
    """One `match`: counts its steps."""

    def __init__(self) -> None:
        self.steps = 0
        self._constructors: dict[Type, list[Constructor] | None] = {}

    def constructors(self, type_: Type) -> list[Constructor] | None:
        """Return the constructors of a type, found once."""
        if type_ not in self._constructors:
            self._constructors[type_] = constructors(type_)
        return self._constructors[type_]

    def missing(self, rows: Sequence[Row], types: Sequence[Type]) -> list[str] | None:
        """Return a row of values, as patterns, that no row of shapes takes; None if there is none."""
        self.steps += 1 + len(rows)
        if self.steps > MAX_STEPS:
            raise TooComplexError
        if not types:
            return None if rows else []
        known = self.constructors(types[0])
        used = {row[0].key for row in rows if row[0] is not None}
        if known is not None and used:
            return self._missing_in(rows, types, known, used)
        rest = self.missing([row[1:] for row in rows if row[0] is None], types[1:])
        if rest is None:
            return None
        return ["_", *rest]

    def _missing_in(
        self, rows: Sequence[Row], types: Sequence[Type], known: Sequence[Constructor], used: set[Hashable]
    ) -> list[str] | None:
        absent = [item for item in known if item.key not in used]
        if absent:
            rest = self.missing([row[1:] for row in rows if row[0] is None], types[1:])
            if rest is not None:
                named = [item.show(["_"] * len(item.types)) for item in absent]
                return [" or ".join(named[:4]) + (" or others" if len(named) > 4 else ""), *rest]
        for item in known:
            if item.key not in used:
                continue
            found = self.missing(specialise(rows, item.key, len(item.types)), (*item.types, *types[1:]))
            if found is not None:
                count = len(item.types)
                return [item.show(found[:count]), *found[count:]]
        return None

    def is_useful(self, rows: Sequence[Row], row: Row, types: Sequence[Type]) -> bool:
        """Tell whether a row of shapes takes a value that none of ``rows`` takes."""
        self.steps += 1 + len(rows)
        if self.steps > MAX_STEPS:
            raise TooComplexError
        if not types:
            return not rows
        first = row[0]
        known = self.constructors(types[0])
        if first is not None:
            inner = self._types_of(first, known)
            return self.is_useful(
                specialise(rows, first.key, len(inner)), (*first.arguments, *row[1:]), (*inner, *types[1:])
            )
        used = {item[0].key for item in rows if item[0] is not None}
        if known is None or not used.issuperset(item.key for item in known):
            return self.is_useful([item[1:] for item in rows if item[0] is None], row[1:], types[1:])
        return any(
            self.is_useful(
                specialise(rows, item.key, len(item.types)),
                ((None,) * len(item.types)) + row[1:],
                (*item.types, *types[1:]),
            )
            for item in known
        )

    def _types_of(self, shape: Shape, known: Sequence[Constructor] | None) -> tuple[Type, ...]:
        for item in known or ():
            if item.key == shape.key:
                return item.types
        return ()


def specialise(rows: Sequence[Row], key: Hashable, count: int) -> list[Row]:
    """Return the rows that take a constructor, with the shapes inside it in front."""
    found: list[Row] = []
    for row in rows:
        first = row[0]
        if first is None:
            found.append(((None,) * count) + row[1:])
        elif first.key == key:
            found.append(first.arguments + row[1:])
    return found
