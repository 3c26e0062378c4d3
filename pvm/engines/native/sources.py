"""The sources that machine code and linked programs are made by, as part of the keys that they are kept under.

They are known by size and time of change, as Python knows the sources of its byte code.
"""

from __future__ import annotations

import os

from pvm.typed import TYPE_CHECKING
from pvm.user_cache import sha256

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDERS = ("engines", "isa", "pbc", "verify")
"""Folders of this package that generators, linker and translator are in, with all that they read."""
APART = frozenset({"__pycache__", "direct", "reference"})
"""Folders in them that have nothing to do with it."""
_SUFFIXES = (".py", ".pbc")
_found: list[bytes] = []


def sources_digest() -> bytes:
    """SHA-256 over all of them, as they were when this process first asked.

    Raises:
        OSError: they cannot be seen.
    """
    if not _found:
        _found.append(present_sources())
    return _found[0]


def present_sources() -> bytes:
    """The same as they are now: somebody may have installed another version while this process runs.

    Raises:
        OSError: they cannot be seen.
    """
    here = os.path.abspath(__file__)  # noqa: PTH100 - pathlib is not loaded on the way to a run
    package = here[: -len("/engines/native/sources.py")]
    listed = [sorted(_files(f"{package}/{folder}")) for folder in FOLDERS]
    return bytes(sha256(repr(listed).encode("utf-8", "surrogatepass")).digest())


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                status = entry.stat()
                yield entry.path, status.st_size, status.st_mtime_ns
            elif "." not in entry.name and entry.name not in APART and entry.is_dir():
                yield from _files(entry.path)
