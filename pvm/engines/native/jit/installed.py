"""Names of the entries of compiled code, which those who make it and those who install it share."""

from __future__ import annotations

COUNTS, LOOKS, NEITHER = "counts", "looks", "neither"
"""What compiled code does about fuel: counts and looks at the counter, looks only, or nothing.

Only the first is right, the others are there so that one can measure what it costs."""
BODY = "body"
"""What other compiled code calls."""
ENTRY = "entry"
"""Where internal code enters the function at its beginning."""
_LOOP = "osr."


def osr_symbol(offset: int) -> str:
    """The symbol where compiled code is entered at the head of a loop."""
    return f"{_LOOP}{offset}"


def osr_offset(symbol: str) -> int | None:
    """The offset of the loop that a symbol enters, if it is such a symbol."""
    return int(symbol.removeprefix(_LOOP)) if symbol.startswith(_LOOP) else None
