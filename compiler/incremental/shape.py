"""A file in pieces: bodies of functions, and the rest, which is what other code can depend on.

The *interface* of a file is its text without the bodies whose types are written in front of them, and without what
stands between declarations (line ends, comments).  The check and the code of one body depend on that body's text,
on the interface of its file, and on the interfaces of what the file imports; nothing depends on a body.

A place in a piece is kept as an *anchor*, relative to the start of the piece, so that it moves with the text
around it.

Invariant: files with equal interfaces have the same pieces in the same order, up to what is in their bodies and gaps.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from compiler.syntax import ast
from compiler.syntax.source import SourceFile, Span

INTERFACE = -1
"""The number of the unit that is everything but the bodies."""
_GAP = -2
_TRIVIA = re.compile(r"(?:\s|;|//[^\n]*|/\*[^*/]*\*/)*")

Anchor = tuple[int, int, int]
"""Number of the piece, lines after its start, column (counted from its start in its first line)."""


class _Cut(NamedTuple):
    start: int
    end: int
    is_gap: bool


class FileShape:
    """The pieces of one file whose tree was read without errors."""

    def __init__(self, tree: ast.Module) -> None:
        self.source: SourceFile = tree.span.file
        self.bodies: list[bytes] = []
        """Digests of the bodies by number."""
        self._starts: list[int] = []
        self._units: list[int] = []
        self._places: list[tuple[int, int] | None] = []
        interface = hashlib.sha256()
        text = self.source.text
        done = 0
        for cut in sorted(_cuts(tree), key=lambda cut: (cut.start, cut.end)):
            if cut.start < done or (cut.is_gap and not _TRIVIA.fullmatch(text, cut.start, cut.end)):
                continue
            self._add(done, INTERFACE)
            interface.update(_sized(text[done : cut.start]) + (b"gap" if cut.is_gap else b"body"))
            if cut.is_gap:
                self._add(cut.start, _GAP)
            else:
                self._add(cut.start, len(self.bodies))
                self.bodies.append(hashlib.sha256(text[cut.start : cut.end].encode("utf-8", "surrogatepass")).digest())
            done = cut.end
        self._add(done, INTERFACE)
        interface.update(_sized(text[done:].rstrip()))
        self.interface = interface.digest()

    def _add(self, start: int, unit: int) -> None:
        self._starts.append(start)
        self._units.append(unit)
        self._places.append(None)

    def unit(self, offset: int) -> int:
        """Return the unit at an offset."""
        return max(self._units[bisect_right(self._starts, offset) - 1], INTERFACE)

    def anchor(self, line: int, column: int, unit: int) -> Anchor | None:
        """Return where a place is, or None if it is neither in the interface nor in the unit."""
        offset = self.source.line_starts[line - 1] + column - 1
        piece = bisect_right(self._starts, offset) - 1
        if self._units[piece] not in (INTERFACE, unit):
            return None
        first_line, first_column = self._place(piece)
        return piece, line - first_line, column - first_column if line == first_line else column

    def position(self, anchor: Anchor) -> tuple[int, int]:
        """Return the line and the column of an anchor."""
        piece, lines, column = anchor
        first_line, first_column = self._place(piece)
        return first_line + lines, column if lines else column + first_column

    def _place(self, piece: int) -> tuple[int, int]:
        found = self._places[piece]
        if found is None:
            found = self._places[piece] = self.source.position(self._starts[piece])
        return found


def _sized(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    return len(data).to_bytes(8, "little") + data


def _cuts(tree: ast.Module) -> Iterator[_Cut]:
    """Yield the bodies and the gaps of a file, in any order."""
    yield from _gaps([*tree.imports, *tree.declarations])
    for declaration in tree.declarations:
        yield from _inside(declaration)


def _gaps(nodes: list[ast.Node]) -> Iterator[_Cut]:
    for before, after in pairwise(nodes):
        yield _Cut(before.span.end, after.span.start, is_gap=True)


def _inside(node: ast.Node) -> Iterator[_Cut]:
    match node:
        case ast.Function(body_span=span) if span is not None and (node.result is not None or node.has_block):
            yield _body(span)
        case ast.Class() | ast.Interface():
            yield from _gaps(list(node.members))
            for member in node.members:
                yield from _inside(member)
        case ast.Enum():
            yield from _gaps([*node.cases, *node.members])
            for member in node.members:
                yield from _inside(member)
        case ast.Test(body=body):
            yield _body(body.span)
        case ast.Variable() if node.type is not None:
            for accessor in (node.getter, node.setter):
                if accessor is not None:
                    yield _body(accessor.body.span)
        case _:
            yield from ()


def _body(span: Span) -> _Cut:
    return _Cut(span.start, span.end, is_gap=False)
