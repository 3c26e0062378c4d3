"""Compiled programs, kept from run to run: the same sources give the kept bytes without compiling.

An entry depends on the text of the main file, on every file that was looked for in its folder (found
or not, since a new file can hide a module of the library), and on the compiler and library themselves.
Programs with errors are never kept.  Nothing here imports the compiler unless it has to compile; then it
compiles again only what has changed (`compiler.incremental`).
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.syntax import cache

if TYPE_CHECKING:
    from compiler.diagnostics import Diagnostics

KIND = "program"


def build_bytes(data: bytes, name: str, folder: Path | None, diagnostics: Diagnostics | None = None) -> bytes:
    """Compile the contents of a file to the bytes of a module, or take them from the cache.

    With ``diagnostics`` a program that has warnings is compiled, so that they are there to be shown.

    Raises:
        CompileError: the program has errors.
    """
    toolchain = toolchain_digest()
    key = cache.key_of("build", toolchain, name, str(folder), data)
    kept = _from_cache(key, folder, with_warnings=diagnostics is not None)
    if kept is not None:
        return kept
    from compiler.diagnostics import Diagnostics
    from compiler.driver import compile_tracked
    from compiler.incremental.memory import Memory
    from pvm.pbc.writer import write_module

    found = Diagnostics() if diagnostics is None else diagnostics
    memory = Memory(name, folder, toolchain)
    module, looked_up = compile_tracked(data, name, folder=folder, diagnostics=found, memory=memory)
    compiled = write_module(module)
    dependencies = [(relative, _digest(folder, relative)) for relative in looked_up]
    cache.store(KIND, key, (dependencies, compiled, len(found) > 0))
    return compiled


def _from_cache(key: str, folder: Path | None, *, with_warnings: bool) -> bytes | None:
    """Return the module that is kept under ``key``, if the files that it depends on are as they were."""
    match cache.load(KIND, key):
        case (list() as dependencies, bytes() as compiled, bool() as has_warnings):
            if has_warnings and with_warnings:
                return None
            unchanged = all(_digest(folder, relative) == digest for relative, digest in dependencies)
            return compiled if unchanged else None
        case _:
            return None


def _digest(folder: Path | None, relative: str) -> bytes | None:
    """Return the digest of a file's content, or None if it cannot be read."""
    if folder is None:
        return None
    try:
        return hashlib.sha256((folder / relative).read_bytes()).digest()
    except OSError:
        return None


def toolchain_digest() -> bytes:
    """Return a digest of names, sizes and times of the files that make up compiler, formats and library."""
    import pvm.isa
    import pvm.pbc
    import stdlib

    digest = hashlib.sha256()
    files = (__file__, pvm.isa.__file__, pvm.pbc.__file__, stdlib.__file__)
    pending = sorted(str(Path(str(file)).parent) for file in files)
    while pending:
        with os.scandir(pending.pop()) as entries:
            for entry in sorted(entries, key=lambda item: item.name):
                if not entry.is_dir():
                    status = entry.stat()
                    digest.update(f"{entry.path}\n{status.st_size}\n{status.st_mtime_ns}\n".encode())
                elif entry.name != "__pycache__":
                    pending.append(entry.path)
    return digest.digest()
