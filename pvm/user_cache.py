"""Where the user's cache is, and who may see it.

It holds machine code that is executed, so whoever can write to it decides what this user's processes do: the directory
belongs to the user alone, and no guest is given it.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress


def cache_location() -> str | None:
    """The path of the directory, whether it exists or not; None if the user has no home."""
    own = os.environ.get("PVM_CACHE_DIR")
    if own:
        return own
    shared = os.environ.get("XDG_CACHE_HOME")
    if shared:
        return f"{shared}/pvm"
    home = os.path.expanduser("~")  # noqa: PTH111 - pathlib is not loaded on the way to a run
    return None if home == "~" else f"{home}/.cache/pvm"


def cache_directory() -> str | None:
    """The directory, made if need be, or None if it cannot be trusted."""
    path = cache_location()
    if path is None:
        return None
    try:
        if not os.path.isdir(path):  # noqa: PTH112
            os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
            with suppress(FileExistsError):
                os.mkdir(path, 0o700)  # noqa: PTH102
        status = os.stat(path)  # noqa: PTH116
    except (OSError, ValueError):
        return None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        return None
    return path


def reaches_cache(path: str | os.PathLike[str]) -> bool:
    """Whether somebody who may write below a path could change what is in the cache."""
    location = cache_location()
    if location is None:
        return False
    inner, outer = os.path.realpath(location), os.path.realpath(path)
    if len(inner) < len(outer):
        inner, outer = outer, inner
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")
