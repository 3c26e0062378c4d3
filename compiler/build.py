"""Compiled programs, kept from run to run: the same sources give the kept bytes without compiling.

An entry depends on the text of the main file, on every file that was looked for in its folder (found
or not, since a new file can hide a module of the library), and on the compiler and library themselves.
Programs with errors are never kept.  Nothing here imports the compiler unless it has to compile; then it
compiles again only what has changed (`compiler.incremental`).
"""

from __future__ import annotations

import os

from compiler.syntax import cache
from compiler.toolchain import toolchain_digest
from pvm.typed import TYPE_CHECKING
from pvm.user_cache import sha256

if TYPE_CHECKING:
    from collections.abc import Callable

    from compiler.diagnostics import Diagnostics

    Folder = str | os.PathLike[str]

KIND = "program"


def build_bytes(
    data: bytes,
    name: str,
    folder: Folder | None,
    diagnostics: Diagnostics | None = None,
    *,
    report: Callable[[Diagnostics], None] | None = None,
) -> bytes:
    """Compile the contents of a file to the bytes of a module, or take them from the cache.

    With ``diagnostics`` a program that has warnings is compiled, so that they are there to be shown.  ``report`` gets
    the warnings only where the program had to be compiled anyway.

    Raises:
        CompileError: the program has errors.
    """
    toolchain = toolchain_digest()
    key = cache.key_of("build", toolchain, name, str(folder), data)
    kept = _from_cache(key, folder, with_warnings=diagnostics is not None)
    if kept is not None:
        return kept
    from pathlib import Path

    from compiler.diagnostics import Diagnostics
    from compiler.driver import compile_tracked
    from compiler.incremental.memory import Memory
    from pvm.pbc.writer import write_module

    found = Diagnostics() if diagnostics is None else diagnostics
    place = None if folder is None else Path(folder)
    memory = Memory(name, place, toolchain)
    module, looked_up = compile_tracked(data, name, folder=place, diagnostics=found, memory=memory)
    compiled = write_module(module)
    dependencies = [(relative, _digest(folder, relative)) for relative in looked_up]
    cache.store(KIND, key, (dependencies, compiled, len(found) > 0))
    if report is not None and len(found):
        report(found)
    return compiled


def _from_cache(key: str, folder: Folder | None, *, with_warnings: bool) -> bytes | None:
    """Return the module that is kept under ``key``, if the files that it depends on are as they were."""
    match cache.load(KIND, key):
        case (list() as dependencies, bytes() as compiled, bool() as has_warnings):
            if has_warnings and with_warnings:
                return None
            unchanged = all(_digest(folder, relative) == digest for relative, digest in dependencies)
            return compiled if unchanged else None
        case _:
            return None


def _digest(folder: Folder | None, relative: str) -> bytes | None:
    """Return the digest of a file's content, or None if it cannot be read."""
    if folder is None:
        return None
    try:
        with open(os.path.join(folder, relative), "rb") as file:  # noqa: PTH118, PTH123 - pathlib takes 3 ms of a start
            content = file.read()
    except OSError:
        return None
    found: bytes = sha256(content).digest()
    return found
