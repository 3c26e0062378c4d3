"""A syntax tree as plain data that `marshal` can write, and back.

Values are numbered: first the constants, then, children before parents, one for
each record.  A record is a class number, the span and the numbers of the fields;
record class 0 is a tuple.  So decoding is one loop without recursion, and never
makes anything but nodes of `compiler.syntax.ast`.

What seldom all is asked for is a constant: bytes that are decoded when it is.  Of a whole tree these are the bodies of
functions that stand in no other, of one without bodies the members of classes.
"""

from __future__ import annotations

import marshal
from collections.abc import Sequence
from functools import partial
from typing import Any

from compiler.records import field_types
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator, Node, UnaryOperator
from compiler.syntax.source import SourceFile, Span

FORMAT = "ast 3"

_CLASSES: tuple[type[Any], ...] = tuple(
    value for _, value in sorted(vars(ast).items()) if isinstance(value, type) and issubclass(value, Node)
)
_NUMBERS = {kind: number for number, kind in enumerate(_CLASSES, 1)}
_FIELDS = {kind: tuple(field_types(kind))[1:] for kind in _CLASSES}
_WITH_BODY: tuple[type[Any], ...] = (ast.Function,)
_WITH_MEMBERS: tuple[type[Any], ...] = (ast.Class, ast.Interface, ast.Enum)
_PARTLY_LATE = frozenset(_NUMBERS[kind] for kind in (*_WITH_BODY, *_WITH_MEMBERS))
_COMPOSITE = frozenset(_CLASSES) | {tuple}
_BINARY = tuple(BinaryOperator)
_UNARY = tuple(UnaryOperator)

Constant = tuple[str, Any]
Record = tuple[int, ...]


def encode(module: ast.Module) -> tuple[list[Constant], list[Record]]:
    """Return ``module`` as constants and records, with the bodies of functions apart."""
    return _encode(module, _WITH_BODY)


def encode_interface(module: ast.Module) -> tuple[list[Constant], list[Record]]:
    """Return a tree without bodies as constants and records, with the members of classes apart."""
    return _encode(module, _WITH_MEMBERS)


def _encode(root: Node | tuple[Node, ...], late: tuple[type[Any], ...]) -> tuple[list[Constant], list[Record]]:
    encoder = _Encoder(late)
    encoder.collect(root)
    return encoder.finish()


class _Body:
    """The body of a function, apart from the tree around it."""

    def __init__(self, node: ast.Expression) -> None:
        data = marshal.dumps(_encode(node, ()))
        self.constant = (node.span.start, node.span.end, isinstance(node, ast.Block), data)


class _Members:
    """The members of a class, apart from the tree around it."""

    def __init__(self, nodes: tuple[Node, ...]) -> None:
        self.constant = marshal.dumps(_encode(nodes, _WITH_MEMBERS))


class _Encoder:
    """Numbers constants and records while it walks the tree without recursion."""

    def __init__(self, late: tuple[type[Any], ...]) -> None:
        self._late = late
        """Nodes whose last field becomes a constant."""
        self._constants: dict[object, int] = {}
        self._values: list[Constant] = []
        self._records: list[tuple[int, ...]] = []
        self._numbers: dict[int, int] = {}

    def collect(self, root: Node | tuple[Node, ...]) -> None:
        order: list[tuple[Any, Sequence[object]]] = []
        pending: list[Any] = [root]
        while pending:
            value = pending.pop()
            parts = value if type(value) is tuple else self._parts(value)
            order.append((value, parts))
            pending += [part for part in parts if type(part) in _COMPOSITE]
        # Constants are numbered apart, below the records: -1, -2, ... until their count is known.
        numbers, records = self._numbers, self._records
        for value, parts in reversed(order):
            key = id(value)
            if key in numbers or value == ():
                continue
            inside = [
                numbers[id(part)] if type(part) in _COMPOSITE and part else self._constant(part) for part in parts
            ]
            numbers[key] = len(records)
            if type(value) is tuple:
                records.append((0, *inside))
            else:
                records.append((_NUMBERS[type(value)], value.span.start, value.span.end, *inside))

    def _parts(self, node: Node) -> list[object]:
        """Return the fields of a node."""
        parts: list[Any] = [getattr(node, name) for name in _FIELDS[type(node)]]
        if isinstance(node, self._late) and parts[-1]:
            parts[-1] = _Body(parts[-1]) if isinstance(node, ast.Function) else _Members(parts[-1])
        return parts

    def _constant(self, value: object) -> int:
        kind = type(value)
        # repr keeps 0.0 and -0.0 apart, the type 1, 1.0 and True.
        key = (kind, repr(value)) if kind is float else (kind, value)
        number = self._constants.get(key)
        if number is None:
            number = self._constants[key] = len(self._values)
            self._values.append(_plain(value))
        return -1 - number

    def finish(self) -> tuple[list[Constant], list[Record]]:
        """Return everything with constants numbered first."""
        shift = len(self._values)
        records: list[Record] = []
        for record in self._records:
            head = 3 if record[0] else 1
            records.append((*record[:head], *[part + shift if part >= 0 else -1 - part for part in record[head:]]))
        return self._values, records


def _plain(value: object) -> Constant:
    match value:
        case _Body():
            return "body", value.constant
        case _Members():
            return "members", value.constant
        case Span():
            return "span", (value.start, value.end)
        case BinaryOperator():
            return "binary", _BINARY.index(value)
        case UnaryOperator():
            return "unary", _UNARY.index(value)
        case _:
            return "plain", value


def decode(data: Any, source: SourceFile) -> ast.Module:
    """Return the module that `encode` made ``data`` of, with ``source`` as its file."""
    module = _decode(data, source)
    assert isinstance(module, ast.Module)
    return module


def _decode(data: Any, source: SourceFile) -> Any:
    constants, records = data
    values: list[Any] = [_value(tag, constant, source) for tag, constant in constants]
    append = values.append
    classes = (tuple, *_CLASSES)
    for record in records:
        kind = record[0]
        if kind:
            append(classes[kind](Span(source, record[1], record[2]), *[values[part] for part in record[3:]]))
            if kind in _PARTLY_LATE and isinstance(values[record[-1]], ast.Late):
                _delay(values[-1])
        else:
            append(tuple([values[part] for part in record[1:]]))
    return values[-1]


def _delay(node: ast.PartlyLate) -> None:
    """Let a node have its last field when it is asked for it."""
    name = _FIELDS[type(node)][-1]
    object.__setattr__(node, "late", getattr(node, name))
    object.__delattr__(node, name)


def _read_late(data: bytes, source: SourceFile) -> Any:
    return _decode(marshal.loads(data), source)  # noqa: S302 - part of an entry whose checksum was right


def _value(tag: str, constant: Any, source: SourceFile) -> object:
    if tag == "span":
        return Span(source, *constant)
    if tag == "body":
        start, end, is_block, data = constant
        return ast.LateBody(partial(_read_late, data, source), Span(source, start, end), is_block)
    if tag == "members":
        return ast.Late(partial(_read_late, constant, source))
    if tag == "binary":
        return _BINARY[constant]
    return _UNARY[constant] if tag == "unary" else constant
