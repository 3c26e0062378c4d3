"""The interpreter in this process: found in the cache or compiled by the worker, and loaded once."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from pvm.engines.native.machine_code.loader import CodeRegion, LoadedCode
from pvm.engines.native.unsupported import Unsupported

PROFILING = "pvm.engines.native.profiling"
"""The module that knows what to do about new code, if it was loaded: few runs want it."""
_lock = allocate_lock()
_loaded: list[LoadedCode] = []
_regions: list[CodeRegion] = []
_keys: list[str | None] = []
_failure = ""


def interpreter_code() -> LoadedCode:
    """The interpreter, compiled and loaded when it is first asked for.

    Raises:
        Unsupported: there is none for this machine, or it could not be compiled.
    """
    global _failure  # noqa: PLW0603 - what went wrong once is not tried again in this process
    with _lock:
        if _failure:
            raise Unsupported(_failure)
        if not _loaded:
            try:
                _loaded.append(_obtain())
            except Unsupported as reason:
                _failure = str(reason)
                raise
        return _loaded[0]


def _obtain() -> LoadedCode:
    from pvm.engines.native.machine_code.compiling import Compiler, note_on_terminal
    from pvm.engines.native.machine_code.request import Request

    with Compiler(note=note_on_terminal) as compiler:
        blob = compiler.obtain(Request("pvm.engines.native.interpreter.build:interpreter_ir"))
        if blob is None:
            raise Unsupported(compiler.failure)
        _keys.append(compiler.key)
    try:
        _regions.append(CodeRegion())
        loaded = _regions[0].load(blob)
    except OSError as error:
        raise Unsupported(f"the host allows no executable memory: {error.strerror}") from None
    assert loaded is not None
    if PROFILING in sys.modules:
        sys.modules[PROFILING].note_interpreter(loaded, blob.code_size)
    return loaded


def interpreter_key() -> str | None:
    """What the interpreter, which has been loaded, is kept under; None if that is not known."""
    return _keys[0]


def code_region() -> CodeRegion:
    """Where compiled code goes: near the interpreter, which has been loaded."""
    return _regions[0]


def _begin_anew() -> None:
    """In a process that was forked; somebody else may have held the locks."""
    global _lock  # noqa: PLW0603 - the old one may never be given back
    _lock = allocate_lock()
    for region in _regions:
        region.begin_anew()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_begin_anew)
