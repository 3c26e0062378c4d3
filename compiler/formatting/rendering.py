"""Layout of a document in lines of at most a given width: one pass, an explicit stack, no recursion.

A line end is held back until something visible follows, so lines never end in spaces and
two breaks in a row are one.  A comment that ends its line is held back as well, so that a
comma can still go before it; anything else that follows begins a new line, whatever the
document says.  Comments at the ends of adjacent lines are aligned at last.
"""

from __future__ import annotations

from compiler.formatting.documents import (
    ENDLESS,
    INDENT,
    After,
    Choice,
    Comma,
    Concat,
    Doc,
    FillLine,
    Flat,
    Group,
    Hard,
    IfBroken,
    Line,
    Nest,
    Rows,
    Suffix,
    Text,
)

_COMMENT_GAP = 2
# Comments further apart than this are not aligned: the shorter lines would be torn from theirs.
_MAX_SHIFT = 24


def render(doc: Doc, width: int) -> str:
    """Return the text of ``doc``; what cannot be broken may be longer than ``width``."""
    return _Renderer(width).run(doc)


class _Renderer:
    """The lines finished, the line being written, and what is still to be laid out."""

    def __init__(self, width: int) -> None:
        self._width = width
        self._lines: list[str] = []
        self._comments: dict[int, str] = {}
        self._current: list[str] = []
        self._column = 0
        self._newlines = 0
        self._indent = 0
        self._held: str | None = None
        # What is to come, the next one last: indentation, whether lines are broken, document.
        self._stack: list[tuple[int, bool, Doc]] = []

    def run(self, doc: Doc) -> str:
        stack = self._stack
        stack.append((0, True, doc))
        while stack:
            indent, broken, item = stack.pop()
            # Compared by type, not by `match`: these four are nearly all there is.
            if type(item) is Text:
                self._text(item, indent)
            elif type(item) is Concat:
                stack.extend([(indent, broken, part) for part in reversed(item.parts)])
            elif type(item) is Nest:
                stack.append((indent + INDENT, broken, item.inner))
            elif type(item) is Group:
                stack.append((indent, broken and not self._fits(item), item.inner))
            else:
                self._rare(indent, broken, item)
        self._end_line()
        text = "\n".join(self._with_comments()).strip("\n")
        return text + "\n" if text else ""

    def _rare(self, indent: int, broken: bool, item: Doc) -> None:
        match item:
            case Line():
                if broken:
                    self._break(indent, 1)
                elif item.is_space:
                    self._space()
            case Comma():
                if broken or not item.is_extra:
                    self._comma()
            case Hard():
                self._break(indent, item.count)
            case Suffix():
                self._suffix(item.text, indent)
            case _:
                self._decide(indent, broken, item)

    # Decisions

    def _decide(self, indent: int, broken: bool, item: Doc) -> None:
        match item:
            case FillLine():
                if not broken or self._fills(item):
                    if item.has_comma:
                        self._comma()
                    self._space()
                else:
                    self._break(indent, 1)
            case Rows():
                room = self._width - indent
                chosen = item.rows if item.widest <= room else item.filled
                self._stack.append((indent, broken, chosen if broken and item.longest <= room else item.lines))
            case IfBroken():
                self._stack.append((indent, broken, item.broken if broken else item.flat_form))
            case Flat():
                self._stack.append((indent, False, item.inner))
            case Choice():
                self._choose(indent, broken, item)
            case After():
                self._after(indent, broken, item)
            case _:
                raise AssertionError(f"no layout for {type(item).__name__}")

    def _choose(self, indent: int, broken: bool, item: Choice) -> None:
        narrow = item.hug if item.hug.flat < item.inner.flat else item.inner
        if not broken or self._fits(item):
            self._stack.append((indent, False, narrow))
        else:
            hugs = self._hugs(item.hug, item.last, self._start(indent), indent)
            self._stack.append((indent, True, item.hug if hugs else item.inner))

    def _after(self, indent: int, broken: bool, item: After) -> None:
        value, stack = item.value, self._stack
        if not broken or self._fits_after_space(value):
            self._space()
            stack.append((indent, False, value))
            return
        deeper = indent + INDENT
        if not item.stays and self._has_room(value, deeper):
            self._break(deeper, 1)
            stack.append((deeper, False, value))
        elif item.hug is not None and self._held is None and self._hugs(item.hug, item.last, self._column + 1, indent):
            self._space()
            stack.append((indent, True, item.hug))
        else:
            self._break(deeper, 1)
            stack.append((deeper, True, value))

    def _hugs(self, hug: Doc, last: Doc | None, column: int, indent: int) -> bool:
        """Tell whether only the end of something is to be broken: it is too long for a line of its own."""
        if last is not None and indent + INDENT + last.flat <= self._width:
            return False
        return column + hug.head <= self._width or not hug.stops

    def _start(self, indent: int) -> int:
        """Return the column at which the next text goes."""
        if self._held is not None:
            return indent
        return self._indent if self._newlines else self._column

    def _fits(self, doc: Doc) -> bool:
        return self._has_room(doc, self._start(0))

    def _fits_after_space(self, doc: Doc) -> bool:
        return self._held is None and self._has_room(doc, self._start(0) + 1)

    def _fills(self, item: FillLine) -> bool:
        return self._held is None and self._start(0) + item.flat + item.following.flat + item.extra <= self._width

    def _has_room(self, doc: Doc, column: int) -> bool:
        """Tell whether ``doc`` fits on one line from ``column``, with what follows it up to the next break."""
        if doc.flat >= ENDLESS:
            return False
        room = self._width - column - doc.flat
        if room < 0 or doc.is_open or doc.hanging:
            return room >= 0
        for _, broken, item in reversed(self._stack):
            room -= item.head if broken else item.flat
            if room < 0:
                return False
            if item.stops and (broken or item.hanging or item.is_open):
                return True
        return True

    # Output

    def _text(self, item: Text, indent: int) -> None:
        text = item.text
        if text == " ":
            self._space()
            return
        if self._held is not None:
            self._break(indent, 1)
        if self._newlines:
            self._begin_line()
        if item.lines is None:
            self._current.append(text)
            self._column += len(text)
            return
        self._current.append(item.lines[0])
        self._lines.append("".join(self._current))
        self._lines.extend(item.lines[1:-1])
        self._current = [item.lines[-1]]
        self._column = len(item.lines[-1])

    def _space(self) -> None:
        if self._current and not self._newlines and self._held is None:
            self._current.append(" ")
            self._column += 1

    def _comma(self) -> None:
        if self._newlines:
            self._begin_line()
        self._current.append(",")
        self._column += 1

    def _suffix(self, text: str, indent: int) -> None:
        if self._held is not None:
            self._break(indent, 1)
        if self._newlines:
            self._begin_line()
        self._held = text

    def _break(self, indent: int, count: int) -> None:
        self._newlines = max(self._newlines, count)
        self._indent = indent
        if self._held is not None:
            self._hang()

    def _hang(self) -> None:
        """Write the comment that was held back; on a line of its own it is ordinary text."""
        assert self._held is not None
        if "".join(self._current).strip():
            self._comments[len(self._lines)] = self._held
        else:
            self._current.append(self._held)
        self._held = None

    def _begin_line(self) -> None:
        if self._lines or self._current:
            self._end_line()
            if self._newlines > 1:
                self._lines.append("")
        self._current = [" " * self._indent]
        self._column = self._indent
        self._newlines = 0

    def _end_line(self) -> None:
        if self._held is not None:
            self._hang()
        self._lines.append("".join(self._current).rstrip(" "))
        self._current = []

    def _with_comments(self) -> list[str]:
        """Return the lines with the comments at their ends, aligned where lines are adjacent."""
        lines, comments = self._lines, self._comments
        pending: list[int] = []
        for number in [*sorted(comments), -1]:
            if pending and number != pending[-1] + 1:
                self._align(pending)
                pending = []
            pending.append(number)
        return lines

    def _align(self, numbers: list[int]) -> None:
        lines = self._lines
        widths = [len(lines[number]) for number in numbers]
        widest = max(widths)
        is_aligned = widest - min(widths) <= _MAX_SHIFT
        for number, width in zip(numbers, widths, strict=True):
            gap = (widest - width if is_aligned else 0) + _COMMENT_GAP
            lines[number] += " " * gap + self._comments[number]
