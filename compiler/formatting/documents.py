"""The document algebra: what may stand on one line, and where lines may break.

A document knows three widths from the moment it is made, so that the layout never
measures twice: `flat`, what it takes on one line (`ENDLESS` if it has to break); `head`,
what comes before its first possible break; and whether there is one, `stops`.  A
document that is `hanging` ends with a line comment, behind which nothing can be
written; putting anything visible there makes the whole endless.

Documents are immutable and may be shared: a `Choice` holds one in two arrangements.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

ENDLESS = 1 << 40
INDENT = 4


class Doc:
    """Any document."""

    __slots__ = ("flat", "hanging", "head", "is_open", "stops")

    def __init__(
        self, flat: int, head: int, *, stops: bool = False, hanging: bool = False, is_open: bool = False
    ) -> None:
        self.flat = flat
        self.head = head
        self.stops = stops
        self.hanging = hanging
        # Goes on over several lines as it is written, so what follows does not count for its own line.
        self.is_open = is_open


class Text(Doc):
    """Something written as it is; it may hold line ends, which are then part of a literal or comment."""

    __slots__ = ("lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.lines = text.split("\n") if "\n" in text else None
        width = len(text if self.lines is None else self.lines[0])
        super().__init__(width, width, stops=self.lines is not None, is_open=self.lines is not None)


class Comma(Doc):
    """A comma, which goes before a comment at the end of the line; only in a broken list if ``is_extra``."""

    __slots__ = ("is_extra",)

    def __init__(self, *, is_extra: bool) -> None:
        self.is_extra = is_extra
        super().__init__(0 if is_extra else 1, 1)


class Suffix(Doc):
    """A comment that ends its line."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text
        super().__init__(0, 0, stops=True, hanging=True)


class Line(Doc):
    """A place to break; on one line it is a space, or nothing if it is soft."""

    __slots__ = ("is_space",)

    def __init__(self, *, is_space: bool) -> None:
        self.is_space = is_space
        super().__init__(int(is_space), 0, stops=True)


class Hard(Doc):
    """A line end that is always there, with ``count`` - 1 blank lines after it."""

    __slots__ = ("count",)

    def __init__(self, count: int) -> None:
        self.count = count
        super().__init__(ENDLESS, 0, stops=True)


class FillLine(Doc):
    """A space if ``following``, which comes next, fits on this line with ``extra`` behind it, else a line end.

    With ``has_comma`` there is a comma before the space, and none before the line end.
    """

    __slots__ = ("extra", "following", "has_comma")

    def __init__(self, following: Doc, extra: int, *, has_comma: bool = False) -> None:
        self.following = following
        self.extra = extra
        self.has_comma = has_comma
        super().__init__(1 + has_comma, 0, stops=True)


class Rows(Doc):
    """Items in the rows in which they were written if all rows fit, else in full lines, ``filled``.

    ``widest`` is the longest row.  If an item of the width ``longest`` fits on no line, each has its own: ``lines``.
    """

    __slots__ = ("filled", "lines", "longest", "rows", "widest")

    def __init__(self, rows: Doc, filled: Doc, lines: Doc, widest: int, longest: int) -> None:
        self.rows = rows
        self.filled = filled
        self.lines = lines
        self.widest = widest
        self.longest = longest
        super().__init__(lines.flat, lines.head, stops=True, hanging=rows.hanging, is_open=rows.is_open)


class IfBroken(Doc):
    """``broken`` where the lines around are broken, else ``flat_form``."""

    __slots__ = ("broken", "flat_form")

    def __init__(self, broken: Doc, flat_form: Doc) -> None:
        self.broken = broken
        self.flat_form = flat_form
        super().__init__(flat_form.flat, broken.head, stops=broken.stops)


class Concat(Doc):
    """One after the other."""

    __slots__ = ("parts",)

    def __init__(self, parts: Sequence[Doc]) -> None:
        self.parts = parts
        flat = head = 0
        stops = hanging = is_open = False
        for part in parts:
            # A comma goes before a comment that is held back.
            visible = (part.flat > 0 or part.stops) and type(part) is not Comma
            if hanging and visible:
                flat = ENDLESS
            if not is_open or part.flat >= ENDLESS:
                flat += part.flat
            if not stops:
                head += part.head
                stops = part.stops
            is_open = is_open or part.is_open
            if visible:
                hanging = part.hanging
        super().__init__(min(flat, ENDLESS), head, stops=stops, hanging=hanging, is_open=is_open)


class Wrapper(Doc):
    """A document around another one, as wide as that is."""

    __slots__ = ("inner",)

    def __init__(self, inner: Doc) -> None:
        self.inner = inner
        super().__init__(inner.flat, inner.head, stops=inner.stops, hanging=inner.hanging, is_open=inner.is_open)


class Nest(Wrapper):
    """Lines that begin inside are indented by one step more."""

    __slots__ = ()


class Group(Wrapper):
    """On one line if it fits, else with all of its own lines broken."""

    __slots__ = ()


class Flat(Wrapper):
    """On one line, even where the lines around are broken.

    Precondition: ``inner`` is not endless.
    """

    __slots__ = ()

    def __init__(self, inner: Doc) -> None:
        super().__init__(inner)
        if not inner.is_open:
            self.head = inner.flat
            self.stops = inner.hanging


class Choice(Wrapper):
    """On one line if that fits; else ``hug``, if what it has before its first break fits; else ``inner`` broken.

    With a ``last`` that fits on a line of its own, ``hug``, in which just that is broken, is not considered.
    """

    __slots__ = ("hug", "last")

    def __init__(self, inner: Doc, hug: Doc, last: Doc | None = None) -> None:
        super().__init__(inner)
        self.hug = hug
        self.last = last
        self.flat = min(inner.flat, hug.flat)
        self.is_open = inner.is_open or hug.is_open
        self.hanging = inner.hanging or hug.hanging
        self.head = min(inner.head, hug.head)


class After(Doc):
    """The right side of `=` or `=>`, with the space before it.

    On the same line if it fits there; on the next one if it fits there, unless ``stays``; else on the same line
    and broken if there is a ``hug`` whose beginning fits, else on the next and broken.  ``last`` is as in `Choice`.
    """

    __slots__ = ("hug", "last", "stays", "value")

    def __init__(self, value: Doc, hug: Doc | None, *, last: Doc | None = None, stays: bool = False) -> None:
        self.value = value
        self.hug = hug
        self.last = last
        self.stays = stays
        # What stays needs room for its own beginning, so the lines before it must leave that.
        head = 1 + hug.head if stays and hug is not None else 0
        flat = min(ENDLESS, 1 + value.flat)
        super().__init__(flat, head, stops=True, hanging=value.hanging, is_open=value.is_open)


EMPTY = Concat(())
SPACE = Text(" ")
SOFT = Line(is_space=False)
LINE = Line(is_space=True)
HARD = Hard(1)
BLANK = Hard(2)
COMMA = Comma(is_extra=False)
EXTRA_COMMA = Comma(is_extra=True)


def concat(*parts: Doc) -> Doc:
    """Put documents after each other, without those that are empty."""
    return concat_all(parts)


def concat_all(parts: Iterable[Doc]) -> Doc:
    """Put documents after each other, without those that are empty."""
    kept = [part for part in parts if part is not EMPTY]
    if len(kept) == 1:
        return kept[0]
    return Concat(kept) if kept else EMPTY


def spaced(parts: Iterable[Doc]) -> Doc:
    """Put documents after each other with a space between, without those that are empty."""
    found: list[Doc] = []
    for part in parts:
        if part is not EMPTY:
            if found:
                found.append(SPACE)
            found.append(part)
    return concat_all(found)


def nest(*parts: Doc) -> Doc:
    """Indent the lines that begin in ``parts``."""
    return Nest(concat_all(parts))


def group(*parts: Doc) -> Doc:
    """Break all lines of ``parts`` or none."""
    return Group(concat_all(parts))


def unbroken(doc: Doc) -> Doc:
    """Keep ``doc`` on one line if it can be."""
    return doc if doc is EMPTY or doc.flat >= ENDLESS else Flat(doc)
