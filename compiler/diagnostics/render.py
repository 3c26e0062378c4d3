"""Diagnostics as text, in the manner of Rust and Elm.

Columns on the screen are not offsets: tabs become four columns, wide East Asian
characters count two, combining marks none, and characters that would move or
reorder the text (controls, bidirectional marks) are shown as `<U+202E>`, so that
carets stay under what they mean and source text cannot forge a message.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from compiler.diagnostics.model import Diagnostic, Diagnostics, Severity
from compiler.records import field, mutable, structural
from compiler.syntax.source import SourceFile, Span

MAX_SHOWN = 50
MAX_WIDTH = 160
TAB = 4

_RESET = "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "frame": "\x1b[1;34m",
    "bold": "\x1b[1m",
    "note": "\x1b[1;36m",
    "help": "\x1b[1;32m",
}


@structural
class _Mark:
    """A region to underline, with the text beside it."""

    span: Span
    text: str
    is_primary: bool


@mutable
class _Underline:
    """A mark on one line, in screen columns from zero."""

    start: int
    end: int
    text: str
    is_primary: bool


@mutable
class _Line:
    """One source line of an excerpt and what goes under it."""

    number: int
    underlines: list[_Underline] = field(default_factory=list)
    opens: _Mark | None = None
    closes: _Mark | None = None
    is_inside: bool = False


class _Paint:
    """Wraps text in ANSI colours, or does not."""

    def __init__(self, *, colour: bool, severity: Severity) -> None:
        self._colour = colour
        self.primary = severity.value

    def __call__(self, style: str, text: str) -> str:
        return f"{_COLOURS[style]}{text}{_RESET}" if self._colour and text else text


def render_all(diagnostics: Diagnostics | Sequence[Diagnostic], *, colour: bool = False, limit: int = MAX_SHOWN) -> str:
    """Return every diagnostic in order of position, at most ``limit`` of them, and a closing count."""
    if isinstance(diagnostics, Diagnostics):
        found, dropped = diagnostics.sorted(), diagnostics.dropped
    else:
        found, dropped = tuple(diagnostics), 0
    parts = [render(item, colour=colour) for item in found[:limit]]
    rest = len(found) - limit + dropped if len(found) > limit else dropped
    if rest > 0:
        parts.append(f"and {rest} more\n")
    return "\n".join(parts)


def render(diagnostic: Diagnostic, *, colour: bool = False) -> str:
    """Return one diagnostic with its source excerpts; ends in a newline."""
    paint = _Paint(colour=colour, severity=diagnostic.severity)
    marks = [_Mark(diagnostic.span, diagnostic.label, is_primary=True)]
    marks += [_Mark(label.span, label.text, is_primary=False) for label in diagnostic.labels]
    files: dict[int, list[_Mark]] = {}
    for mark in marks:
        files.setdefault(id(mark.span.file), []).append(mark)
    width = max(len(str(mark.span.file.position(mark.span.end)[0])) for mark in marks)
    gutter = " " * (width + 1)
    head = paint(paint.primary, f"{diagnostic.severity.value}[{diagnostic.code}]")
    out = [head + paint("bold", f": {visible(diagnostic.message)}")]
    for number, group in enumerate(files.values()):
        place = group[0].span
        arrow = "-->" if number == 0 else ":::"
        out.append(f"{gutter[:-1]}{paint('frame', arrow)} {visible(place.file.name)}:{place.line}:{place.column}")
        out += _excerpt(place.file, group, width, paint)
    if diagnostic.notes or diagnostic.suggestion:
        out.append(gutter + paint("frame", " |"))
    tail = [("note", text) for text in diagnostic.notes]
    if diagnostic.suggestion:
        tail.append(("help", diagnostic.suggestion))
    for kind, text in tail:
        indent = "\n" + gutter + " " * (len(kind) + 5)
        body = indent.join(visible(line) for line in text.split("\n"))
        out.append(f"{gutter}{paint('frame', ' =')} {paint(kind, kind)}: {body}")
    return "\n".join(line.rstrip() for line in out) + "\n"


def visible(text: str) -> str:
    """Return ``text`` with tabs expanded and characters that a terminal would act on spelt out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def _shown(character: str) -> str:
    if character == "\t":
        return " " * TAB
    if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        return f"<U+{ord(character):04X}>"
    return character


def _columns(text: str) -> int:
    """Return how many screen columns ``text`` takes."""
    if text.isascii() and text.isprintable():
        return len(text)
    total = 0
    for character in text:
        shown = _shown(character)
        if len(shown) > 1:
            total += len(shown)
        elif unicodedata.category(character) in ("Mn", "Me"):
            continue
        else:
            total += 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1
    return total


def _excerpt(file: SourceFile, marks: Sequence[_Mark], width: int, paint: _Paint) -> list[str]:
    lines: dict[int, _Line] = {}
    windows: dict[int, tuple[int, int]] = {}
    block: _Mark | None = None
    for mark in marks:
        first, last = _line_range(mark.span)
        if first != last and block is None:
            block = mark
            lines.setdefault(first, _Line(first)).opens = mark
            lines.setdefault(last, _Line(last)).closes = mark
            for inner in range(first + 1, min(first + 3, last)):
                lines.setdefault(inner, _Line(inner))
        else:
            lines.setdefault(first, _Line(first)).underlines.append(_underline(mark, first, windows))
    if block is not None:
        first, last = _line_range(block.span)
        for line in lines.values():
            line.is_inside = first < line.number <= last
    out = [" " * (width + 1) + paint("frame", " |")]
    previous = 0
    for number in sorted(lines):
        if previous and number == previous + 2:
            out.append(_source_line(file, _Line(previous + 1, is_inside=lines[number].is_inside), width, paint, block))
        elif previous and number > previous + 2:
            out.append(paint("frame", "..."))
        out.append(_source_line(file, lines[number], width, paint, block, windows.get(number)))
        out += _below(file, lines[number], width, paint, block)
        previous = number
    return out


def _line_range(span: Span) -> tuple[int, int]:
    first = span.file.position(span.start)[0]
    return first, first if span.end <= span.start else span.file.position(span.end - 1)[0]


def _window(file: SourceFile, line: int, column: int) -> tuple[int, int]:
    """Return the part of a line to show, in characters: all of it unless it is very long."""
    length = len(file.line_text(line)) if line <= file.line_count else 0
    if length <= MAX_WIDTH:
        return 0, length
    begin = max(0, min(column - MAX_WIDTH // 2, length - MAX_WIDTH))
    return begin, begin + MAX_WIDTH


def _underline(mark: _Mark, line: int, windows: dict[int, tuple[int, int]]) -> _Underline:
    file = mark.span.file
    start = mark.span.start - file.line_starts[line - 1]
    end = min(mark.span.end - file.line_starts[line - 1], len(file.line_text(line)))
    begin, stop = windows.setdefault(line, _window(file, line, start))
    text = file.line_text(line)
    shift = 3 if begin else 0
    left = max(begin, min(start, stop))
    at = shift + _columns(text[begin:left])
    return _Underline(at, at + max(1, _columns(text[left : min(end, stop)])), visible(mark.text), mark.is_primary)


def _source_line(
    file: SourceFile,
    line: _Line,
    width: int,
    paint: _Paint,
    block: _Mark | None,
    window: tuple[int, int] | None = None,
) -> str:
    begin, stop = window or _window(file, line.number, 0)
    text = file.line_text(line.number)
    shown = ("..." if begin else "") + visible(text[begin:stop]) + ("..." if stop < len(text) else "")
    return f" {paint('frame', f'{line.number:>{width}} |')} {_lane(line, paint, block)}{shown}"


def _lane(line: _Line, paint: _Paint, block: _Mark | None) -> str:
    if block is None:
        return ""
    style = paint.primary if block.is_primary else "frame"
    return paint(style, "| ") if line.is_inside else "  "


def _below(file: SourceFile, line: _Line, width: int, paint: _Paint, block: _Mark | None) -> list[str]:
    """Return the rows under a source line: underlines, their labels, ends of a many-line region."""
    frame = " " * (width + 1) + paint("frame", " |") + " "
    out = [frame + _lane(line, paint, block) + row for row in _underline_rows(line.underlines, paint)]
    if line.opens is not None:
        style, sign = _style(line.opens, paint)
        text = file.line_text(line.number)[: line.opens.span.start - file.line_starts[line.number - 1]]
        out.append(frame + paint(style, " _" + "_" * min(_columns(text), MAX_WIDTH) + sign))
    if line.closes is not None:
        style, sign = _style(line.closes, paint)
        text = file.line_text(line.number)[: line.closes.span.end - 1 - file.line_starts[line.number - 1]]
        body = "|_" + "_" * min(_columns(text), MAX_WIDTH) + sign
        out.append(frame + paint(style, f"{body} {visible(line.closes.text)}".rstrip()))
    return out


def _style(mark: _Mark | _Underline, paint: _Paint) -> tuple[str, str]:
    return (paint.primary, "^") if mark.is_primary else ("frame", "-")


def _underline_rows(underlines: list[_Underline], paint: _Paint) -> list[str]:
    """Return the caret row and, where several labels share a line, rows that hang below it."""
    if not underlines:
        return []
    ordered = sorted(underlines, key=lambda item: (item.start, item.end))
    cells: list[tuple[str, str]] = [("", " ")] * max(item.end for item in ordered)
    for item in sorted(ordered, key=lambda item: item.is_primary):
        cells[item.start : item.end] = [_style(item, paint)] * (item.end - item.start)
    last = ordered[-1]
    beside = last.text and all(item.end <= last.start for item in ordered[:-1])
    row = _painted(cells, paint)
    rows = [f"{row} {paint(_style(last, paint)[0], last.text)}" if beside else row]
    hanging = [item for item in (ordered[:-1] if beside else ordered) if item.text]
    if hanging:
        rows.append(_bars({item.start: item for item in hanging}, paint))
    while hanging:
        item = hanging[-1]
        bars = {other.start: other for other in hanging}
        before = {start: other for start, other in bars.items() if start < item.start}
        lead = _bars(before, paint)
        gap = " " * (item.start - (max(before) + 1 if before else 0))
        rows.append(lead + gap + paint(_style(item, paint)[0], item.text))
        hanging.pop()
    return rows


def _bars(items: dict[int, _Underline], paint: _Paint) -> str:
    cells: list[tuple[str, str]] = [("", " ")] * (max(items, default=-1) + 1)
    for start, item in items.items():
        cells[start] = (_style(item, paint)[0], "|")
    return _painted(cells, paint)


def _painted(cells: Sequence[tuple[str, str]], paint: _Paint) -> str:
    """Join cells, one colour sequence for each run of the same style."""
    out: list[str] = []
    run_style, run = "", ""
    for style, text in cells:
        if style != run_style:
            out.append(paint(run_style, run) if run_style else run)
            run_style, run = style, ""
        run += text
    out.append(paint(run_style, run) if run_style else run)
    return "".join(out)
