r"""Source texts and regions of them.

Offsets count Unicode code points of the decoded text, from zero; lines and
columns count from one.  A `Span` is half open and carries its file, so that a
diagnostic needs nothing else to be shown.

Only `\n` ends a line here: `\r\n` is one line end as well because the
carriage return is then ordinary white space before it.
"""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple


class SourceFile:
    """A named source text with an index of its lines; compared by identity."""

    __slots__ = ("_line_starts", "name", "text")

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text
        self._line_starts: list[int] | None = None

    def __repr__(self) -> str:
        return f"SourceFile({self.name!r}, {len(self.text)} characters)"

    @property
    def line_starts(self) -> list[int]:
        """Offsets at which lines begin, ascending; the first is 0."""
        if self._line_starts is None:
            starts = [0]
            find = self.text.find
            position = find("\n")
            while position >= 0:
                starts.append(position + 1)
                position = find("\n", position + 1)
            self._line_starts = starts
        return self._line_starts

    @property
    def line_count(self) -> int:
        return len(self.line_starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line and column of ``offset``, both from one."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line_text(self, line: int) -> str:
        """Return line number ``line`` (from one) without its line end."""
        starts = self.line_starts
        begin = starts[line - 1]
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return self.text[begin:end].removesuffix("\r")


class LateSource(SourceFile):
    """A source text that is read from its file only where somebody wants to see it; its lines are known.

    If the file cannot be read any more, the lines are empty.
    """

    __slots__ = ("_path",)

    def __init__(self, name: str, line_starts: list[int], path: str) -> None:
        self.name = name
        self._line_starts = line_starts
        self._path = path

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> object:
            if name != "text":
                raise AttributeError(name)
            try:
                self.text = Path(self._path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                self.text = ""
            return self.text


class Span(NamedTuple):
    """The half-open region ``start <= offset < end`` of ``file``.

    A named tuple because every node makes one: it costs half of a frozen dataclass.
    """

    file: SourceFile
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.file.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.file.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.file.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """Return the region from the start of this one to the end of ``other``."""
        return Span(self.file, self.start, other.end)

    def first(self) -> Span:
        """Return the empty region at the start of this one."""
        return Span(self.file, self.start, self.start)

    def last(self) -> Span:
        """Return the empty region at the end of this one."""
        return Span(self.file, self.end, self.end)
