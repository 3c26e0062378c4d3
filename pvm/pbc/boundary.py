"""Boundary signatures: the types of exports and host imports as Python sees them.

The machine knows only ``i32`` where Python must know ``u8``, ``bool`` or ``char``; a boundary
signature such as ``(i64, string, bool) -> string?`` says so.  The text has one spelling for each
signature.  Boundary types match machine types exactly, without subtyping, in both directions.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from pvm.errors import FormatError
from pvm.isa.types import ANY, STRING, ArrayKind, Prim, Signature, ValueType, array_ref

MAX_TEXT = 8192
"""Characters of the longest boundary signature: 255 parameters fit with room to spare."""


class BoundaryKind(Enum):
    """Kinds of boundary type; the value is the word in the text."""

    I8 = "i8"
    U8 = "u8"
    I16 = "i16"
    U16 = "u16"
    I32 = "i32"
    U32 = "u32"
    I64 = "i64"
    U64 = "u64"
    F32 = "f32"
    F64 = "f64"
    BOOL = "bool"
    CHAR = "char"
    STRING = "string"
    ANY = "any"
    ARRAY = "array"

    __hash__ = object.__hash__  # members are single, and a hash in Python would show in every call of an export


_VALUE_TYPES: dict[BoundaryKind, ValueType] = {
    BoundaryKind.I8: Prim.I32,
    BoundaryKind.U8: Prim.I32,
    BoundaryKind.I16: Prim.I32,
    BoundaryKind.U16: Prim.I32,
    BoundaryKind.I32: Prim.I32,
    BoundaryKind.U32: Prim.I32,
    BoundaryKind.BOOL: Prim.I32,
    BoundaryKind.CHAR: Prim.I32,
    BoundaryKind.I64: Prim.I64,
    BoundaryKind.U64: Prim.I64,
    BoundaryKind.F32: Prim.F32,
    BoundaryKind.F64: Prim.F64,
}
_INT_RANGES: dict[BoundaryKind, tuple[int, int]] = {
    BoundaryKind.I8: (-(1 << 7), (1 << 7) - 1),
    BoundaryKind.U8: (0, (1 << 8) - 1),
    BoundaryKind.I16: (-(1 << 15), (1 << 15) - 1),
    BoundaryKind.U16: (0, (1 << 16) - 1),
    BoundaryKind.I32: (-(1 << 31), (1 << 31) - 1),
    BoundaryKind.U32: (0, (1 << 32) - 1),
    BoundaryKind.I64: (-(1 << 63), (1 << 63) - 1),
    BoundaryKind.U64: (0, (1 << 64) - 1),
}


class BoundaryType(NamedTuple):
    """One type; ``nullable`` is for ``string`` and ``any`` only, ``element`` for arrays only."""

    kind: BoundaryKind
    nullable: bool = False
    element: ArrayKind | None = None

    @property
    def value_type(self) -> ValueType:
        """The machine type that carries it."""
        match self.kind:
            case BoundaryKind.STRING:
                return STRING.with_null(self.nullable)
            case BoundaryKind.ANY:
                return ANY.with_null(self.nullable)
            case BoundaryKind.ARRAY:
                assert self.element is not None
                return array_ref(self.element)
            case _:
                return _VALUE_TYPES[self.kind]

    @property
    def int_range(self) -> tuple[int, int] | None:
        """Least and greatest value of an integer type, else None."""
        return _INT_RANGES.get(self.kind)

    def __str__(self) -> str:
        if self.element is not None:
            return f"array {self.element}"
        return self.kind.value + ("?" if self.nullable else "")


class Boundary(NamedTuple):
    """Types of the parameters and of the result, if there is one."""

    params: tuple[BoundaryType, ...]
    result: BoundaryType | None = None

    @property
    def signature(self) -> Signature:
        """The machine signature that it stands for."""
        results = () if self.result is None else (self.result.value_type,)
        return Signature(tuple(param.value_type for param in self.params), results)

    def __str__(self) -> str:
        params = ", ".join(map(str, self.params))
        return f"({params})" + ("" if self.result is None else f" -> {self.result}")


_TOKEN = re.compile(r"[ \t]*(->|[(),?]|[a-z][a-z0-9]*)", re.ASCII)
_SCALARS = {kind.value: kind for kind in BoundaryKind if kind is not BoundaryKind.ARRAY}
_ELEMENTS = {str(kind): kind for kind in ArrayKind if kind is not ArrayKind.REF}
_NULLABLE = frozenset({BoundaryKind.STRING, BoundaryKind.ANY})


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, int]] = []
        offset = 0
        end = len(text.rstrip(" \t"))
        while offset < end:
            match = _TOKEN.match(text, offset)
            if match is None:
                raise FormatError(offset, f"boundary signature: unexpected {text[offset]!r}")
            self.tokens.append((match[1], match.start(1)))
            offset = match.end()
        self.tokens.append(("", len(text)))
        self.next = 0

    def take(self, expected: str) -> bool:
        """Step over the token if it is the expected one."""
        found = self.tokens[self.next][0] == expected
        self.next += found
        return found

    def need(self, expected: str) -> None:
        if not self.take(expected):
            raise self.error(f"expected {expected!r}")

    def error(self, expected: str) -> FormatError:
        word, offset = self.tokens[self.next]
        return FormatError(
            offset,
            f"boundary signature: {expected}, found {word!r}"
            if word
            else f"boundary signature: {expected}, found its end",
        )

    def word(self) -> str:
        return self.tokens[self.next][0]

    def type(self) -> BoundaryType:
        if self.take("array"):
            element = _ELEMENTS.get(self.word())
            if element is None:
                raise self.error("expected an element kind, one of " + " ".join(_ELEMENTS))
            self.next += 1
            return BoundaryType(BoundaryKind.ARRAY, element=element)
        kind = _SCALARS.get(self.word())
        if kind is None:
            raise self.error("expected a type")
        self.next += 1
        return BoundaryType(kind, nullable=kind in _NULLABLE and self.take("?"))

    def signature(self) -> Boundary:
        self.need("(")
        params: list[BoundaryType] = []
        if not self.take(")"):
            params.append(self.type())
            while self.take(","):
                params.append(self.type())
            self.need(")")
        result = self.type() if self.take("->") else None
        if self.word():
            raise self.error("expected the end")
        return Boundary(tuple(params), result)


@lru_cache(maxsize=1024)
@lru_cache(maxsize=1024)
def parse_boundary(text: str) -> Boundary:
    """Read a boundary signature; spaces are free.

    Raises:
        FormatError: the text is none; the offset counts characters in it.
    """
    if len(text) > MAX_TEXT:
        raise FormatError(0, f"boundary signature has {len(text)} characters, at most {MAX_TEXT} are allowed")
    return _Parser(text).signature()


def format_boundary(boundary: Boundary) -> str:
    """Return the one spelling of a boundary signature."""
    return str(boundary)


def matches(boundary: Boundary | str, signature: Signature) -> bool:
    """Whether a function of the machine signature may stand behind the boundary signature."""
    if isinstance(boundary, str):
        boundary = parse_boundary(boundary)
    return boundary.signature == signature
