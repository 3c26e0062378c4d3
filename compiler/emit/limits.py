"""Limits of modules, which a program can exceed though each of its parts is in order.

The verifier would refuse such a module, but cannot say where in the source the cause is; the limits are
its own, repeated here because the compiler does not depend on it, and a test compares them.
"""

from __future__ import annotations

from compiler.syntax.source import Span

MAX_PARAMS = 255
MAX_LOCALS = 65_535
MAX_BORDER_BITS = 1 << 28
MAX_CODE = 4 << 20
MAX_CLASSES = 1 << 20


class LimitError(Exception):
    """What the program needs does not fit into a module; ``span`` is where that was found, if known."""

    def __init__(self, span: Span | None, message: str) -> None:
        super().__init__(message)
        self.span = span
        self.message = message


def check_count(what: str, found: int, most: int, span: Span | None = None) -> None:
    """Refuse more of something than a module can have.

    Raises:
        LimitError: there is more.
    """
    if found > most:
        raise LimitError(span, f"{what}: expected at most {most:,}, found {found:,}")
