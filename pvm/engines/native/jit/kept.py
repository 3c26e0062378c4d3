"""What became hot in earlier runs of a program, with its machine code, as it is kept beside the linked program.

The key (``program.py``) stands for all that the code depends on: the bytes of the module, the sources of PVM, the
processor, the compiler.  An entry has been sealed by the cache; one that is damaged is none.
"""

from __future__ import annotations

import marshal

from pvm.engines.native.linked import plain
from pvm.engines.native.machine_code.blob import Blob, Relocation
from pvm.engines.native.program import HOT
from pvm.typed import NamedTuple
from pvm.user_cache import load, store

MAX_BYTES = 8 << 20
"""Machine code of one program that is kept."""


class HotFunction(NamedTuple):
    """A function that was compiled, and how hot it was, as ``Promotion`` counts."""

    heat: int
    blob: Blob


def load_hot(key: str) -> dict[int, HotFunction]:
    """The functions that are kept under a key, the hottest first; empty if there are none."""
    data = load(HOT, key)
    return {} if data is None else decode_hot(data)


def decode_hot(data: bytes) -> dict[int, HotFunction]:
    """The functions of an entry."""
    found = {}
    for function, heat, fields in marshal.loads(data):  # noqa: S302 - store wrote it, as its seal shows
        blob = Blob(*fields)
        places = tuple(Relocation(*each) for each in blob.relocations)
        found[function] = HotFunction(heat, blob._replace(relocations=places))
    return found


def store_hot(key: str, functions: dict[int, HotFunction]) -> None:
    """Keep functions for the next run, those that another process has kept meanwhile too, if there is room for all."""
    merged = {**load_hot(key), **functions}
    rows, size = [], 0
    for function, hot in sorted(merged.items(), key=lambda item: -item[1].heat):
        size += len(hot.blob.data)
        if size > MAX_BYTES:
            break
        rows.append((function, hot.heat, plain(hot.blob)))
    store(HOT, key, marshal.dumps(rows))
