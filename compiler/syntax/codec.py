"""A syntax tree as plain data that `marshal` can write, and back.

Values are numbered: first the constants, then, children before parents, one for
each record.  A record is a class number, the span and the numbers of the fields;
record class 0 is a tuple.  So decoding is one loop without recursion, and never
makes anything but nodes of `compiler.syntax.ast`.
"""

from __future__ import annotations

from typing import Any

from compiler.records import field_types
from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator, Node, UnaryOperator
from compiler.syntax.source import SourceFile, Span

FORMAT = "ast 1"

_CLASSES: tuple[type[Any], ...] = tuple(
    value for _, value in sorted(vars(ast).items()) if isinstance(value, type) and issubclass(value, Node)
)
_NUMBERS = {kind: number for number, kind in enumerate(_CLASSES, 1)}
_FIELDS = {kind: tuple(field_types(kind))[1:] for kind in _CLASSES}
_BINARY = tuple(BinaryOperator)
_UNARY = tuple(UnaryOperator)

Constant = tuple[str, Any]
Record = tuple[int, ...]


def encode(module: ast.Module) -> tuple[list[Constant], list[Record]]:
    """Return ``module`` as constants and records."""
    encoder = _Encoder()
    encoder.collect(module)
    return encoder.finish()


class _Encoder:
    """Numbers constants and records while it walks the tree without recursion."""

    def __init__(self) -> None:
        self._constants: dict[Constant, int] = {}
        self._records: list[tuple[int, ...]] = []
        self._numbers: dict[int, int] = {}

    def collect(self, root: Node) -> None:
        order: list[object] = []
        pending: list[object] = [root]
        while pending:
            value = pending.pop()
            order.append(value)
            if isinstance(value, Node):
                pending += [getattr(value, name) for name in _FIELDS[type(value)]]
            elif type(value) is tuple and not isinstance(value, Span):
                pending += value
        # Constants are numbered apart, below the records: -1, -2, ... until their count is known.
        for value in reversed(order):
            if isinstance(value, Node):
                span = value.span
                parts = [self._number(getattr(value, name)) for name in _FIELDS[type(value)]]
                self._add(value, (_NUMBERS[type(value)], span.start, span.end, *parts))
            elif type(value) is tuple and value and not isinstance(value, Span):
                self._add(value, (0, *(self._number(item) for item in value)))

    def _add(self, value: object, record: tuple[int, ...]) -> None:
        if id(value) not in self._numbers:
            self._numbers[id(value)] = len(self._records)
            self._records.append(record)

    def _number(self, value: object) -> int:
        if isinstance(value, Node) or (type(value) is tuple and value and not isinstance(value, Span)):
            return self._numbers[id(value)]
        constant = _constant(value)
        return -1 - self._constants.setdefault(constant, len(self._constants))

    def finish(self) -> tuple[list[Constant], list[Record]]:
        """Return everything with constants numbered first."""
        shift = len(self._constants)
        records: list[Record] = []
        for kind, *rest in self._records:
            head, parts = (rest[:2], rest[2:]) if kind else ([], rest)
            records.append((kind, *head, *(part + shift if part >= 0 else -1 - part for part in parts)))
        return list(self._constants), records


def _constant(value: object) -> Constant:
    if isinstance(value, Span):
        return "span", (value.start, value.end)
    if isinstance(value, BinaryOperator):
        return "binary", _BINARY.index(value)
    if isinstance(value, UnaryOperator):
        return "unary", _UNARY.index(value)
    # The type's name keeps 1, 1.0 and True apart, and repr keeps 0.0 and -0.0 apart.
    return f"plain {type(value).__name__} {value!r}" if isinstance(
        value, float
    ) else f"plain {type(value).__name__}", value


def decode(data: Any, source: SourceFile) -> ast.Module:
    """Return the module that `encode` made ``data`` of, with ``source`` as its file."""
    constants, records = data
    values: list[Any] = [_value(tag, constant, source) for tag, constant in constants]
    append = values.append
    classes = (tuple, *_CLASSES)
    for record in records:
        kind = record[0]
        if kind:
            append(classes[kind](Span(source, record[1], record[2]), *[values[part] for part in record[3:]]))
        else:
            append(tuple([values[part] for part in record[1:]]))
    module = values[-1]
    assert isinstance(module, ast.Module)
    return module


def _value(tag: str, constant: Any, source: SourceFile) -> object:
    if tag == "span":
        return Span(source, *constant)
    if tag == "binary":
        return _BINARY[constant]
    return _UNARY[constant] if tag == "unary" else constant
