"""Typed bodies as plain data that `marshal` can write, and back.

A body is a list of records, children before parents; a record is the number of its class and a value for each field:
plain values as they are, nodes by the number of their record, and spans, types, declarations, locals and jump targets
by their numbers in tables.  The tables of spans, locals and targets belong to the body, those of types and
declarations to the module (`references`).  Reading is one loop that makes nodes of `compiler.ir.hir` and nothing
else.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.library.references import Reader, UnkeepableError, Writer
from compiler.records import field_types
from compiler.syntax.source import SourceFile, Span

FORMAT = "typed bodies 1"

_CLASSES: tuple[type[Any], ...] = (
    *(kind for _, kind in sorted(vars(hir).items()) if isinstance(kind, type) and issubclass(kind, hir.Node)),
    hir.Catch,
)
_NUMBERS = {kind: number for number, kind in enumerate(_CLASSES)}
_NAME = list(field_types(hir.Lambda)).index("name")
"""Names of lambdas begin with that of the module, which a program may know by another; it is left out."""
_MUTABLE, _CAPTURED, _ASSIGNED = 1, 2, 4

_READ = {
    "Span": "spans[{}]",
    "Type": "types[{}]",
    "tuple[Type, ...]": "tuple([types[i] for i in {}])",
    "FunctionSymbol": "types[{}]",
    "GlobalSymbol": "types[{}]",
    "FieldSymbol": "types[{}]",
    "LocalSymbol": "locals[{}]",
    "tuple[LocalSymbol, ...]": "tuple([locals[i] for i in {}])",
    "JumpTarget": "targets[{}]",
    "Expr": "nodes[{}]",
    "FieldGet": "nodes[{}]",
    "Expr | None": "nodes[{}]",
    "tuple[Expr, ...]": "tuple([nodes[i] for i in {}])",
    "tuple[Catch, ...]": "tuple([nodes[i] for i in {}])",
    "tuple[tuple[tuple[int, ...], Expr], ...]": "tuple([(numbers, nodes[i]) for numbers, i in {}])",
    "str": "{}",
    "bool": "{}",
    "int | float | bool | str | None": "{}",
}
"""How a field of each type is read from what stands in a record; node 0 is None."""


def _maker(kind: type[Any], number: int) -> Callable[..., Any]:
    """Return the function that makes a node of a record."""
    parts = [_READ[text].format(f"r[{place}]") for place, text in enumerate(field_types(kind).values(), 1)]
    if kind is hir.Lambda:
        parts[_NAME] = f"prefix + {parts[_NAME]}"
    text = f"lambda r, nodes, spans, types, locals, targets, prefix: kind({', '.join(parts)})"
    made: Callable[..., Any] = eval(text, {"kind": kind})  # noqa: S307 - made of names of fields
    assert _CLASSES[number] is kind
    return made


_MAKERS = [_maker(kind, number) for number, kind in enumerate(_CLASSES)]
Written = tuple[Any, ...]


class BodyWriter:
    """Writes one body, or several expressions that share their locals."""

    def __init__(self, references: Writer, files: Sequence[SourceFile], module_prefix: str) -> None:
        self._references = references
        self._files = {file: number for number, file in enumerate(files)}
        self._prefix = module_prefix
        self._spans: dict[Span, int] = {}
        self._types: dict[int, int] = {}
        self._locals: dict[LocalSymbol, int] = {}
        self._targets: dict[hir.JumpTarget, int] = {}
        self._records: list[tuple[Any, ...]] = []
        self._done: dict[int, int] = {}
        """Numbers of nodes by identity: what is written must outlive the writer."""

    def parameters(self, params: Iterable[LocalSymbol]) -> None:
        """Number the parameters first: they are those of the function that is read."""
        for item in params:
            self.local(item)

    def local(self, local: LocalSymbol) -> int:
        """Return the number of a local."""
        return self._locals.setdefault(local, len(self._locals))

    def type(self, type_: Any) -> int:
        """Return the number of a type in the table of this body."""
        return self._entry(self._references.type(type_))

    def declaration(self, symbol: object) -> int:
        """Return the number of a declaration in the table of this body."""
        return self._entry(self._references.symbol(symbol))

    def _entry(self, number: int) -> int:
        return self._types.setdefault(number, len(self._types))

    def finish(self, *more: Any) -> bytes:
        """Return what was written, with ``more`` plain values."""
        locals_ = []
        for item in list(self._locals):
            flags = _MUTABLE * item.is_mutable | _CAPTURED * item.is_captured | _ASSIGNED * item.is_assigned
            locals_.append((item.name, self.type(item.type), flags))
        spans = [(self._file(span), span.start, span.end) for span in self._spans]
        targets = [target.name for target in self._targets]
        return marshal.dumps((spans, list(self._types), locals_, targets, self._records, more))

    def _file(self, span: Span) -> int:
        if span.file not in self._files:
            raise UnkeepableError(span)
        return self._files[span.file]

    def node(self, node: Any) -> int:
        """Write a node, and return its number; 0 is None."""
        if node is None:
            return 0
        known = self._done.get(id(node))
        if known is None:
            kind = type(node)
            parts = [self._part(text, getattr(node, name)) for name, text in field_types(kind).items()]
            if kind is hir.Lambda:
                parts[_NAME] = node.name.removeprefix(self._prefix)
            self._records.append((_NUMBERS[kind], *parts))
            known = self._done[id(node)] = len(self._records)
        return known

    def _part(self, text: str, value: Any) -> Any:
        match text:
            case "Span":
                return self._spans.setdefault(value, len(self._spans))
            case "Type":
                return self.type(value)
            case "tuple[Type, ...]":
                return tuple(map(self.type, value))
            case "FunctionSymbol" | "GlobalSymbol" | "FieldSymbol":
                return self.declaration(value)
            case "LocalSymbol":
                return self.local(value)
            case "tuple[LocalSymbol, ...]":
                return tuple(map(self.local, value))
            case "JumpTarget":
                return self._targets.setdefault(value, len(self._targets))
            case "Expr" | "FieldGet" | "Expr | None":
                return self.node(value)
            case "tuple[Expr, ...]" | "tuple[Catch, ...]":
                return tuple(map(self.node, value))
            case "tuple[tuple[tuple[int, ...], Expr], ...]":
                return tuple((numbers, self.node(body)) for numbers, body in value)
            case _:
                return value


class ReadBody:
    """A body that was read: nodes by number, its locals, and what else was written."""

    def __init__(
        self,
        data: bytes,
        references: Reader,
        files: Sequence[SourceFile],
        prefix: str,
        params: Sequence[LocalSymbol] = (),
    ) -> None:
        spans, types, locals_, targets, records, more = marshal.loads(data)  # noqa: S302 - part of a sealed entry
        self.more: tuple[Any, ...] = more
        self.types: list[Any] = list(map(references.get, types))
        self.locals: list[LocalSymbol] = list(params)
        self._enter_locals(locals_)
        self.nodes: list[Any] = [None]
        places = [Span(files[file], start, end) for file, start, end in spans]
        jumps = list(map(hir.JumpTarget, targets))
        append, nodes, found, own = self.nodes.append, self.nodes, self.types, self.locals
        for record in records:
            append(_MAKERS[record[0]](record, nodes, places, found, own, jumps, prefix))

    def _enter_locals(self, written: Sequence[tuple[str, int, int]]) -> None:
        params = len(self.locals)
        for number, (name, type_, flags) in enumerate(written):
            if number >= params:
                self.locals.append(LocalSymbol(name, self.types[type_]))
            local = self.locals[number]
            local.is_mutable = bool(flags & _MUTABLE)
            local.is_captured = bool(flags & _CAPTURED)
            local.is_assigned = bool(flags & _ASSIGNED)
