"""The diagnostic and its collector.

Invariant: a collector keeps at most `MAX_KEPT` diagnostics, each place and
message once, however long the input is; `dropped` counts the rest, and
`has_errors` is right about all of them.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence

from compiler.records import structural
from compiler.syntax.source import Span

MAX_KEPT = 1000


class Severity(enum.Enum):
    """An error stops the compilation, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@structural
class Label:
    """A second place that explains the first: `because this function returns Int`."""

    span: Span
    text: str


@structural
class Diagnostic:
    """One finding.

    ``message`` says what is wrong, ``label`` stands beside the carets under
    ``span``, ``notes`` explain, ``suggestion`` says what to write instead.
    All are lower case without a full stop.
    """

    code: str
    message: str
    span: Span
    label: str = ""
    labels: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    suggestion: str | None = None

    @property
    def severity(self) -> Severity:
        return Severity.WARNING if self.code.startswith("W") else Severity.ERROR

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def line(self) -> int:
        return self.span.line

    @property
    def column(self) -> int:
        return self.span.column

    def __str__(self) -> str:
        place = f"{self.span.file.name}:{self.line}:{self.column}"
        return f"{place}: {self.severity.value}[{self.code}]: {self.message}"


class Diagnostics:
    """Collects the findings of one compilation, from every phase and file."""

    __slots__ = ("_error_count", "_kept", "_seen", "dropped")

    def __init__(self) -> None:
        self._kept: list[Diagnostic] = []
        self._seen: set[tuple[str, int, int, str, str]] = set()
        self._error_count = 0
        self.dropped = 0

    def add(self, diagnostic: Diagnostic) -> None:
        """Keep ``diagnostic`` unless the same one is there already or there are too many."""
        span = diagnostic.span
        key = (span.file.name, span.start, span.end, diagnostic.code, diagnostic.message)
        if key in self._seen:
            return
        if diagnostic.is_error:
            self._error_count += 1
        if len(self._kept) >= MAX_KEPT:
            self.dropped += 1
            return
        self._seen.add(key)
        self._kept.append(diagnostic)

    def error(
        self,
        code: str,
        span: Span,
        message: str,
        *,
        label: str = "",
        labels: Sequence[Label] = (),
        notes: Sequence[str] = (),
        suggestion: str | None = None,
    ) -> None:
        """Report ``message`` about ``span`` under an E or W code."""
        self.add(Diagnostic(code, message, span, label, tuple(labels), tuple(notes), suggestion))

    # A warning differs by its code alone; the second name keeps call sites honest to read.
    warning = error

    @property
    def has_errors(self) -> bool:
        return self._error_count > 0

    @property
    def error_count(self) -> int:
        return self._error_count

    @property
    def total(self) -> int:
        """How many were reported, kept or not."""
        return len(self._kept) + self.dropped

    def take(self, other: Diagnostics) -> None:
        """Add everything that another collector has."""
        for item in other._kept:
            self.add(item)
        self.dropped += other.dropped
        self._error_count += other._error_count - sum(item.is_error for item in other._kept)

    def __len__(self) -> int:
        return len(self._kept)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return what was kept, by file in the order first reported in, then by position."""
        order: dict[str, int] = {}
        for item in self._kept:
            order.setdefault(item.span.file.name, len(order))
        return tuple(
            sorted(
                self._kept,
                key=lambda item: (order[item.span.file.name], item.span.start, item.span.end, item.code),
            )
        )
