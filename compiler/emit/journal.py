"""What the code of one function asks of the tables of the program, in order.

Two programs number their classes, strings and functions differently, because numbers are given in the order of first
use.  The journal of a function is what must be repeated so that its code, kept from an earlier compilation, has the
same effect on the tables as if it were emitted now (``replay``).

Invariant: what a table does by itself to answer (a class that makes its superclass) is not noted; it happens again
when the question is asked again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Entry = tuple[str, Any]
"""What was asked for (``class``, ``string`` ...), and the answer."""


class Journal:
    """Notes questions while it is not told that a table is at work."""

    __slots__ = ("_depth", "_entries")

    def __init__(self) -> None:
        self._entries: dict[Entry, None] = {}
        self._depth = 0

    def begin(self) -> None:
        """Begin the journal of another function."""
        self._entries = {}

    def entries(self) -> tuple[Entry, ...]:
        """Return what was noted, each once, in the order of first mention."""
        return tuple(self._entries)

    def note(self, kind: str, answer: Any) -> None:
        """Note a question by its answer."""
        if not self._depth:
            self._entries[kind, answer] = None

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Note nothing: a table works on its answer."""
        self._depth += 1
        yield
        self._depth -= 1
