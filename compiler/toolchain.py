"""What the compiler and the library are: what everything that they make is kept under."""

from __future__ import annotations

import os

from pvm import user_cache
from pvm.user_cache import sha256


def toolchain_digest() -> bytes:
    """Return a digest of names, sizes and times of the files that make up compiler, formats and library."""
    import stdlib

    digest = sha256()
    files = (__file__, user_cache.__file__, stdlib.__file__)
    compiler, package, library = (os.path.dirname(str(file)) for file in files)  # noqa: PTH120
    pending = [compiler, f"{package}/isa", f"{package}/pbc", library]
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if not entry.is_dir():
                    status = entry.stat()
                    digest.update(f"{entry.path}\n{status.st_size}\n{status.st_mtime_ns}\n".encode())
                elif entry.name != "__pycache__":
                    pending.append(entry.path)
    found: bytes = digest.digest()
    return found
