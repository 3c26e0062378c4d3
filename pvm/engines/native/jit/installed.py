"""Names of the entries of compiled code, which those who make it and those who install it share."""

from __future__ import annotations

import marshal

from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

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


def encode_notes(translations: Mapping[int, tuple[Any, ...] | None], called: Iterable[int]) -> bytes:
    """What is known of a compiled function beside its code.

    Args:
        translations: fields of the ``Translation`` of the functions that it stands for or calls; None where whoever
            installs it has them.
        called: functions whose compiled code it may call.
    """
    return marshal.dumps((dict(translations), tuple(called)))


def decode_notes(notes: bytes) -> tuple[dict[int, tuple[Any, ...] | None], tuple[int, ...]]:
    """The same, which our worker or ``store_hot`` has written."""
    translations, called = marshal.loads(notes)  # noqa: S302
    return translations, called
