"""What became hot in earlier runs of a program, with its machine code, as it is kept beside the linked program.

The key (``program.py``) stands for all that the code depends on: the bytes of the module, the sources of PVM, the
processor, the compiler.  An entry has been sealed by the cache; one that is damaged is none.
"""

from __future__ import annotations

import marshal

from pvm.engines.native.jit.profile import Counts
from pvm.engines.native.linked import plain
from pvm.engines.native.machine_code.blob import Blob, Relocation
from pvm.engines.native.program import HOT
from pvm.typed import NamedTuple
from pvm.user_cache import load, store, written

TURN = "afterwards"
"""What one worker of a user does at a time."""
AFTERWARDS = "pvm.engines.native.jit.afterwards:finish"
"""What is asked of a worker that is left what is left of a program."""
MAX_BYTES = 8 << 20
"""Machine code of one program that is kept."""


class HotFunction(NamedTuple):
    """A function that was compiled, and how hot it was, as ``Promotion`` counts."""

    heat: int
    blob: Blob


class Kept(NamedTuple):
    """Functions that were compiled, the hottest first, and the heat of those that no run had the time to compile."""

    functions: dict[int, HotFunction]
    wanted: dict[int, int]


class Rest(NamedTuple):
    """What is left of a program: the digest of its module, which the worker has, and what the code is kept under.

    ``wanted`` is the heat of functions that are not compiled; ``entered`` are those that have run, the only ones worth
    compiling of what compiled functions call; ``translated`` are those whose translation is kept with the program,
    ``compiled`` those that have machine code; ``seconds`` is how long the processor may work on it, ``profile`` what
    calls were seen to call.
    """

    program: str
    key: str
    wanted: dict[int, int]
    entered: frozenset[int]
    translated: frozenset[int]
    compiled: frozenset[int]
    seconds: float
    profile: Counts = ()


def hot_version(key: str) -> tuple[int, int] | None:
    """Another one whenever something is kept under a key; None if nothing is."""
    return written(HOT, key)


def load_hot(key: str) -> Kept:
    """What is kept under a key; nothing of anything if there is none."""
    data = load(HOT, key)
    return Kept({}, {}) if data is None else decode_hot(data)


def decode_hot(data: bytes) -> Kept:
    """What is in an entry."""
    functions = {}
    rows, wanted = marshal.loads(data)  # noqa: S302 - store wrote it, as its seal shows
    for function, heat, fields in rows:
        blob = Blob(*fields)
        places = tuple(Relocation(*each) for each in blob.relocations)
        functions[function] = HotFunction(heat, blob._replace(relocations=places))
    return Kept(functions, wanted)


def store_hot(key: str, functions: dict[int, HotFunction], wanted: dict[int, int]) -> None:
    """Keep functions for the next run, those that another process has kept meanwhile too, if there is room for all."""
    known = load_hot(key)
    merged = {**known.functions, **functions}
    rows, size = [], 0
    for function, hot in sorted(merged.items(), key=lambda item: -item[1].heat):
        size += len(hot.blob.data)
        if size > MAX_BYTES:
            break
        rows.append((function, hot.heat, plain(hot.blob)))
    missing = {function: heat for function, heat in {**known.wanted, **wanted}.items() if function not in merged}
    store(HOT, key, marshal.dumps((rows, missing)))
