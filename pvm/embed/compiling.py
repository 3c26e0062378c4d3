"""``pvm.compile``: from Pebble to a module; the compiler is imported on the first call."""

from __future__ import annotations

import os
from collections.abc import Callable

from pvm.embed.module import Module
from pvm.errors import UsageError


def compile(  # noqa: A001 - the public name is fixed: pvm.compile
    path: str | os.PathLike[str] | None = None,
    *,
    source: str | None = None,
    name: str = "main.peb",
    warn: Callable[[str], object] | None = None,
) -> Module:
    """Compile a Pebble program, given as a file or as text.

    Imports are looked up beside the file, then in the standard library; a program given as text can
    import the standard library only.  ``name`` is the file name that diagnostics and stack traces
    show for text.  ``warn`` is called with the text of each warning.

    Raises:
        OSError: the file cannot be read.
        CompileError: the program is wrong; ``diagnostics`` has every error, ``str()`` shows them.
        UsageError: not exactly one of path and source is given.
    """
    from pathlib import Path

    from compiler.diagnostics import Diagnostics, render
    from compiler.driver import compile_source, compile_tracked
    from compiler.incremental.memory import Memory
    from compiler.toolchain import toolchain_digest

    if (path is None) == (source is None):
        raise UsageError("compile takes a path or source=, exactly one of them")
    found = Diagnostics()
    if path is not None:
        file = Path(path)
        memory = Memory(file.name, file.parent, toolchain_digest())
        module = compile_tracked(file.read_bytes(), file.name, folder=file.parent, diagnostics=found, memory=memory)[0]
    else:
        memory = Memory(name, None, toolchain_digest())
        module = compile_source(source or "", name, diagnostics=found, memory=memory)
    if warn is not None:
        for warning in found.sorted():
            warn(render(warning))
    return Module(module)
