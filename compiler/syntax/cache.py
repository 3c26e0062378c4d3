"""Values that can be computed again: tables, parsed modules, compiled functions and programs, in the user's cache.

Contents are `marshal` data of plain values, never pickles.
"""

from __future__ import annotations

import marshal
import sys

from pvm import user_cache
from pvm.typed import TYPE_CHECKING
from pvm.user_cache import sha256

if TYPE_CHECKING:
    from typing import Any

_FORMAT = "marshal in an entry of the user cache"


def key_of(*parts: str | bytes) -> str:
    """Return the key of what is computed from ``parts``; the Python version is always one of them."""
    digest = sha256()
    for part in (sys.version, _FORMAT, *parts):
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    found: str = digest.hexdigest()
    return found


def load(kind: str, key: str) -> object | None:
    """Return the value stored as ``kind`` under ``key``, or None."""
    kept = user_cache.load(kind, key)
    if kept is None:
        return None
    try:
        value: object = marshal.loads(kept)  # noqa: S302 - store wrote it, as its seal shows
    except (ValueError, EOFError, TypeError):
        return None  # damage that the seal does not show
    return value


def store(kind: str, key: str, value: Any) -> None:
    """Keep ``value`` (numbers, texts, tuples, lists, dictionaries) for the next run, if possible."""
    user_cache.store(kind, key, marshal.dumps(value))
