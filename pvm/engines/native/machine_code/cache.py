"""Compiled code kept between runs, in the directory that the compiler keeps its own in.

What ``load`` returns is a blob that ``store`` was given under the same key, or nothing: an entry that is damaged,
foreign or unreadable counts as missing, and a cache that cannot be written costs speed only.  The directory belongs to
the user alone, because whoever writes to it decides what is executed.  Entries come into being by renaming, so that
runs at the same time cannot disturb each other, and those not used for longest go when the cache grows too large.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from contextlib import suppress

from pvm.engines.native.machine_code.blob import Blob, decode_blob, encode_blob
from pvm.user_cache import cache_directory

KIND = "native"
MAX_SIZE = 64 << 20
"""Bytes of all entries together."""
_MAX_ENTRY = MAX_SIZE // 4
_USED_SLACK = 3600
"""Seconds after which a use is noted again, and a file that somebody began to write counts as left behind."""
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


def load(key: str) -> Blob | None:
    """The blob stored under a key, 64 hexadecimal digits, or None."""
    directory = cache_directory()
    if directory is None:
        return None
    path = _entry(directory, key)
    try:
        data = _read(path)
    except OSError:
        return None
    seal = bytes.fromhex(key)
    if not data.startswith(seal):
        return None
    return decode_blob(data[len(seal) :])


def store(key: str, blob: Blob) -> None:
    """Keep a blob for the next run, if possible."""
    directory = cache_directory()
    if directory is None:
        return
    data = bytes.fromhex(key) + encode_blob(blob)
    if len(data) > _MAX_ENTRY:
        return
    temporary = f"{directory}/.{KIND}-{os.getpid()}-{os.urandom(8).hex()}"
    try:
        _write(temporary, data)
        os.replace(temporary, _entry(directory, key))  # noqa: PTH105
        _evict(directory, keep=os.path.basename(_entry(directory, key)))  # noqa: PTH119
    except OSError:
        with suppress(OSError):
            os.unlink(temporary)  # noqa: PTH108


def _entry(directory: str, key: str) -> str:
    return f"{directory}/{KIND}-{key}"


def _read(path: str) -> bytes:
    """The contents of a file of the user's own; its time says when it was last used."""
    descriptor = os.open(path, _READ)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size > _MAX_ENTRY:
            return b""
        parts = []
        while part := os.read(descriptor, _MAX_ENTRY):
            parts.append(part)
        if time.time() - status.st_mtime > _USED_SLACK:
            with suppress(OSError):
                os.utime(descriptor)
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


def _evict(directory: str, keep: str) -> None:
    """Remove entries not used for longest while there is too much, and what was left behind half written."""
    now = time.time()
    entries = sorted(_entries(directory), reverse=True)
    total = 0
    for used, size, name in entries:
        left_behind = name.startswith(".") and now - used > _USED_SLACK
        total += size
        if (left_behind or total > MAX_SIZE) and name != keep:
            with suppress(OSError):
                os.unlink(f"{directory}/{name}")  # noqa: PTH108


def _entries(directory: str) -> Iterator[tuple[float, int, str]]:
    """Time of use, size and name of the files of this cache."""
    with os.scandir(directory) as found:
        for entry in found:
            if entry.name.startswith((f"{KIND}-", f".{KIND}-")):
                with suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    yield status.st_mtime, status.st_size, entry.name
