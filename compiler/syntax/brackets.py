"""Open brackets while tokens are laid out, and making brackets match that do not.

Whatever the source holds, the tokens that come out are balanced: a closer that is
missing is added, one too many is left out, and each is reported once.  Where a
`}` is missing, the brace blamed is the first whose closer stands further left.
"""

from __future__ import annotations

from compiler.diagnostics import Diagnostics, Label
from compiler.records import field, mutable
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tokens import SourceRefusedError, Tokens

MAX_ERRORS = 100
_CLOSER = {"(": ")", "[": "]", "{": "}", "${": "}$"}
_OPENER = {")": "(", "]": "[", "}": "{", "}$": "${"}


@mutable
class Level:
    """An open bracket and what is awaited directly inside it.

    ``role`` is what the bracket encloses: code, class, arms, list, do, import or module.
    ``heads`` are the roles of the braces awaited, the next one last; that of a function is
    awaited no more after `=`.
    """

    opener: str
    role: str
    index: int
    heads: list[str] = field(default_factory=list)

    @property
    def ends_lines(self) -> bool:
        return self.opener in ("{", "") and self.role != "import"


class Brackets:
    """The tokens read, the tokens made of them so far, and the brackets open between."""

    def __init__(self, source: SourceFile, raw: Tokens, diagnostics: Diagnostics) -> None:
        self._source = source
        self._raw = raw
        self._diagnostics = diagnostics
        self._out = Tokens(docs=raw.docs, module_doc=raw.module_doc)
        self._levels = [Level("", "module", -1)]
        self._suspect: int | None = None
        self._last_closed = ""
        self._errors = 0

    def _copy(self, index: int, kind: str | None = None) -> int:
        raw = self._raw
        self._out.add(kind or raw.kinds[index], raw.starts[index], raw.ends[index], raw.values[index])
        return index + 1

    def _previous(self) -> str:
        return self._out.kinds[-1] if self._out.kinds else "NEWLINE"

    def _span(self, index: int) -> Span:
        return Span(self._source, self._raw.starts[index], self._raw.ends[index])

    def _close(self, index: int) -> int:
        raw = self._raw
        kind = raw.kinds[index]
        wanted = _OPENER[kind]
        if self._levels[-1].opener != wanted:
            depth = self._find_opener(kind, wanted)
            if not depth:
                self._report_stray(index)
                return index + 1
            while len(self._levels) - 1 > depth:
                self._report_unclosed(self._levels[-1], (Label(self._span(index), f"`{kind[0]}` does not close it"),))
                self._close_level(raw.starts[index])
        level = self._levels.pop()
        self._last_closed = level.role
        self._trim_newline()
        if wanted == "{":
            self._check_indentation(level, index)
        return self._copy(index)

    def _find_opener(self, kind: str, wanted: str) -> int:
        """Return the level that ``kind`` closes, or 0: parentheses do not close a brace."""
        for depth in range(len(self._levels) - 1, 0, -1):
            opener = self._levels[depth].opener
            if opener == wanted:
                return depth
            if kind in (")", "]") and opener in ("{", "${"):
                break
        return 0

    def _trim_newline(self) -> None:
        out = self._out
        if out.kinds and out.kinds[-1] == "NEWLINE":
            for column in (out.kinds, out.starts, out.ends, out.values):
                column.pop()

    def _close_level(self, offset: int) -> None:
        """Add the closer that is missing."""
        level = self._levels.pop()
        self._last_closed = level.role
        self._trim_newline()
        self._out.add(_CLOSER[level.opener], offset, offset)

    def _check_indentation(self, level: Level, index: int) -> None:
        """Remember the first brace whose closer stands further left: it probably lacks its own."""
        if self._suspect is not None or self._raw.kinds[index - 1] != "NEWLINE":
            return
        if self._indentation(index) < self._indentation(level.index):
            self._suspect = level.index

    def _indentation(self, index: int) -> int:
        line = self._source.line_text(self._span(index).line)
        return len(line) - len(line.lstrip(" \t"))

    def _report_unclosed(self, level: Level, labels: tuple[Label, ...]) -> None:
        opener = level.opener
        message = f"this `{opener}` is never closed"
        self._diagnostics.error("E0102", self._span(level.index), message, label="opened here", labels=labels)
        self._count_error()

    def _report_stray(self, index: int) -> None:
        kind = self._raw.kinds[index][0]
        opener = _OPENER.get(kind, "{")
        message = f"unexpected `{kind}`"
        self._diagnostics.error("E0103", self._span(index), message, label=f"no `{opener}` is open here")
        self._count_error()

    def _count_error(self) -> None:
        self._errors += 1
        if self._errors > MAX_ERRORS:
            raise SourceRefusedError

    def _end(self, index: int) -> int:
        raw = self._raw
        open_braces = [level for level in self._levels if level.opener == "{"]
        if open_braces and self._suspect is not None:
            suspect = Level("{", "", self._suspect)
            note = (Label(self._span(index), "the file ends and a `}` is missing"),)
            self._report_unclosed(suspect, note)
        while len(self._levels) > 1:
            level = self._levels[-1]
            is_text = level.opener == "${"
            if not (is_text or (level.opener == "{" and self._suspect is not None)):
                self._report_unclosed(level, ())
            self._close_level(raw.starts[index])
        self._trim_newline()
        return self._copy(index)
