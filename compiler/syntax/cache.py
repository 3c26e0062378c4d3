"""Files that can be computed again: grammar tables, parsed modules, compiled functions, kept between runs.

Invariant: what `load` returns is what `store` was given under the same key, or
nothing.  An entry that is damaged, foreign or unreadable counts as missing; a
cache that cannot be written is no error.  The directory belongs to the user
alone (mode 0700, owner checked), because whoever writes it decides what is
compiled.  Contents are `marshal` data of plain values, never pickles.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import sys
import tempfile
from pathlib import Path
from typing import Any

_MAGIC = b"PVMCACHE1\n"
MAX_BYTES = 256 << 20
"""What the cache may take; one program of 2,000 lines takes half a megabyte."""
PRUNE_EVERY = 16
_DIGEST = hashlib.sha256().digest_size


def cache_directory() -> Path | None:
    """Return the directory of the cache, made if need be, or None if it cannot be trusted."""
    path = _location()
    if path is None:
        return None
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = path.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077):
        return None
    return path


def _location() -> Path | None:
    own = os.environ.get("PVM_CACHE_DIR")
    if own:
        return Path(own)
    shared = os.environ.get("XDG_CACHE_HOME")
    if shared:
        return Path(shared) / "pvm"
    try:
        return Path.home() / ".cache" / "pvm"
    except RuntimeError:
        return None


def key_of(*parts: str | bytes) -> str:
    """Return the key of what is computed from ``parts``; the Python version is always one of them."""
    digest = hashlib.sha256()
    for part in (sys.version, *parts):
        data = part if isinstance(part, bytes) else part.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def load(kind: str, key: str) -> object | None:
    """Return the value stored as ``kind`` under ``key``, or None."""
    directory = cache_directory()
    if directory is None:
        return None
    try:
        data = _entry(directory, kind, key).read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + _DIGEST
    body = memoryview(data)[head:]
    if data[: len(_MAGIC)] != _MAGIC or hashlib.sha256(_seal(kind, key) + body).digest() != data[len(_MAGIC) : head]:
        return None
    try:
        value: object = marshal.loads(body)  # noqa: S302 - the checksum shows that `store` wrote it
    except (ValueError, EOFError, TypeError):
        return None
    return value


def store(kind: str, key: str, value: Any) -> None:
    """Keep ``value`` (numbers, texts, tuples, lists, dictionaries) for the next run, if possible."""
    directory = cache_directory()
    if directory is None:
        return
    body = marshal.dumps(value)
    data = _MAGIC + hashlib.sha256(_seal(kind, key) + body).digest() + body
    try:
        handle, name = tempfile.mkstemp(dir=directory, prefix=f".{kind}-")
    except OSError:
        return
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        temporary.replace(_entry(directory, kind, key))
    except OSError:
        temporary.unlink(missing_ok=True)
    if os.urandom(1)[0] % PRUNE_EVERY == 0:
        prune(directory, MAX_BYTES)


def prune(directory: Path, limit: int) -> None:
    """Remove what was written longest ago from a cache that takes more than ``limit`` bytes, down to half of that."""
    found: list[tuple[float, int, str]] = []
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                found.append((status.st_mtime, status.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        if total > limit:
            for _, size, path in sorted(found):
                os.unlink(path)  # noqa: PTH108 - of an entry of scandir
                total -= size
                if total <= limit // 2:
                    break
    except OSError:
        return  # another process removes entries too


def _seal(kind: str, key: str) -> bytes:
    return f"{kind} {key}\n".encode()


def _entry(directory: Path, kind: str, key: str) -> Path:
    return directory / f"{kind}-{key}"
