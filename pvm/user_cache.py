"""What can be computed again, kept between runs in a directory of the user's: where it is, who may see it, its entries.

It holds machine code that is executed, so whoever can write to it decides what this user's processes do: the directory
belongs to the user alone, and no guest is given it.

What ``load`` returns is what ``store`` was given under the same kind and key, or nothing: an entry that is damaged,
foreign or unreadable counts as missing, and a cache that cannot be written costs speed only.  Entries come into being
by renaming, so that runs at the same time cannot disturb each other; of each kind, those that were not used for longest
go when it grows too large.
"""

from __future__ import annotations

import os
import stat
import time
import zlib

from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from typing import Any

try:  # without the library that hashlib loads in 2 ms
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

__all__ = [
    "MAX_SIZE",
    "Kept",
    "cache_directory",
    "cache_location",
    "clear",
    "load",
    "reaches_cache",
    "sha256",
    "store",
    "survey",
    "take_turn",
    "turn",
    "written",
]

MAX_SIZE = 64 << 20
"""Bytes of all entries of a kind together."""
EVICT_EVERY = 16
"""One of so many entries that are made looks whether others have to go."""
_MAX_ENTRY = MAX_SIZE // 4
_USED_SLACK = 3600
"""Seconds after which a use is noted again, and a file that somebody began to write counts as left behind."""
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_MAGIC = b"PVMcache"
_CHECKSUM = 4


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
            _attempt(os.mkdir, path, 0o700)
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


def load(kind: str, key: str) -> bytes | None:
    """What is stored as a kind under a key, or None."""
    directory = cache_directory()
    if directory is None:
        return None
    try:
        data = _read(_entry(directory, kind, key))
    except OSError:
        return None
    body = data[len(_MAGIC) + len(kind) + 1 + len(key) + _CHECKSUM :]
    return body if data.startswith(_head(kind, key, body)) else None


def written(kind: str, key: str) -> tuple[int, int] | None:
    """What is another thing whenever an entry is written anew; None if there is no such entry."""
    directory = cache_directory()
    status = None if directory is None else _attempt(os.lstat, _entry(directory, kind, key))
    return None if status is None else (status.st_ino, status.st_mtime_ns)


def store(kind: str, key: str, body: bytes) -> None:
    """Keep something for the next run, if possible."""
    directory = cache_directory()
    if directory is None:
        return
    data = _head(kind, key, body) + body
    if len(data) > _MAX_ENTRY:
        return
    temporary = f"{directory}/.{kind}-{os.getpid()}-{os.urandom(8).hex()}"
    try:
        _write(temporary, data)
        os.replace(temporary, _entry(directory, kind, key))  # noqa: PTH105
        if os.urandom(1)[0] % EVICT_EVERY == 0:
            _evict(directory, kind, keep=f"{kind}-{key}")
    except OSError:
        _attempt(os.unlink, temporary)


def take_turn(what: str, text: str = "") -> bool:
    """Whether no other process of the user is doing something, which this one does from now on, until it ends.

    The text, which says more of it, is what ``turn`` gives meanwhile.
    """
    from fcntl import LOCK_EX

    descriptor = _lock(what, LOCK_EX)
    if descriptor is None:
        return False
    os.ftruncate(descriptor, 0)
    os.write(descriptor, text.encode())
    return True


def turn(what: str) -> str | None:
    """What a process of the user that is doing something has said of it; None if nobody is."""
    from fcntl import LOCK_SH

    directory = cache_directory()
    if directory is None:
        return None
    descriptor = _lock(what, LOCK_SH)
    if descriptor is not None:
        os.close(descriptor)
        return None
    found = _attempt(_read, f"{directory}/{what}.lock")
    return None if found is None else found.decode("utf-8", "replace")


def _lock(what: str, operation: int) -> int | None:
    """The descriptor of a file that is locked until it is closed; None if another process has locked it."""
    from fcntl import LOCK_NB, flock

    directory = cache_directory()
    if directory is None:
        return None
    # Nobody removes the file: who holds a lock of one that is gone is not alone.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor: int | None = _attempt(os.open, f"{directory}/{what}.lock", flags, 0o600)
    if descriptor is not None:
        try:
            flock(descriptor, operation | LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None
    return descriptor


class Kept(NamedTuple):
    """The entries of a kind: how many, their bytes together, and when one of them was last used (``time.time()``)."""

    kind: str
    entries: int
    size: int
    used: float


def survey() -> list[Kept]:
    """What is in the cache, by kind; nothing if there is none that can be trusted."""
    found: dict[str, Kept] = {}
    for kind, _, used, size in _every_entry():
        known = found.get(kind, Kept(kind, 0, 0, 0.0))
        found[kind] = Kept(kind, known.entries + 1, known.size + size, max(known.used, used))
    return [found[kind] for kind in sorted(found)]


def clear(kinds: Collection[str] = ()) -> tuple[int, int]:
    """Remove the entries of these kinds, or all, half-written ones too; gives how many, and their bytes.

    Runs that go on meanwhile find their entries missing, which costs them speed only, or have read them already.
    """
    count = total = 0
    for kind, path, _, size in _every_entry():
        if not kinds or kind in kinds:
            try:
                os.unlink(path)  # noqa: PTH108
            except OSError:
                continue
            count, total = count + 1, total + size
    return count, total


def _every_entry() -> Iterator[tuple[str, str, float, int]]:
    """Kind, path, time of use and size of every file that is the cache's own."""
    directory = cache_directory()
    if directory is None:
        return
    with os.scandir(directory) as found:
        for entry in found:
            kind, dash, _ = entry.name.removeprefix(".").partition("-")
            status = _attempt(entry.stat, follow_symlinks=False)
            if dash and status is not None and stat.S_ISREG(status.st_mode):
                yield kind, entry.path, status.st_mtime, status.st_size


def _head(kind: str, key: str, body: bytes) -> bytes:
    """What an entry begins with, so that a change of any byte shows."""
    seal = _MAGIC + f"{kind}-{key}".encode()
    return seal + zlib.crc32(body, zlib.crc32(seal)).to_bytes(_CHECKSUM, "little")


def _entry(directory: str, kind: str, key: str) -> str:
    return f"{directory}/{kind}-{key}"


def _read(path: str) -> bytes:
    """The contents of a file of the user's own; its time says when it was last used."""
    descriptor = os.open(path, _READ)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size > _MAX_ENTRY:
            return b""
        parts = []
        while part := os.read(descriptor, status.st_size + 1):
            parts.append(part)
        if time.time() - status.st_mtime > _USED_SLACK:
            _attempt(os.utime, descriptor)
        return b"".join(parts)
    finally:
        os.close(descriptor)


def _write(path: str, data: bytes) -> None:
    descriptor = os.open(path, _CREATE, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
    finally:
        os.close(descriptor)


def _evict(directory: str, kind: str, keep: str) -> None:
    """Remove entries not used for longest while there is too much, and what was left behind half written."""
    now = time.time()
    entries = sorted(_entries(directory, kind), reverse=True)
    total = 0
    for used, size, name in entries:
        left_behind = name.startswith(".") and now - used > _USED_SLACK
        total += size
        if (left_behind or total > MAX_SIZE) and name != keep:
            _attempt(os.unlink, f"{directory}/{name}")


def _entries(directory: str, kind: str) -> Iterator[tuple[float, int, str]]:
    """Time of use, size and name of the files of a kind."""
    with os.scandir(directory) as found:
        for entry in found:
            if entry.name.startswith((f"{kind}-", f".{kind}-")):
                status = _attempt(entry.stat, follow_symlinks=False)
                if status is not None:
                    yield status.st_mtime, status.st_size, entry.name


def _attempt(action: Callable[..., Any], *args: Any, **named: Any) -> Any:
    """Do something that another process may have made impossible; None if it has."""
    try:
        return action(*args, **named)
    except OSError:
        return None
