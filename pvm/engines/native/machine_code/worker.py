"""The process that compiles: requests on standard input, answers on standard output.

LLVM aborts on some errors, and takes long or much memory for some functions; here that ends this process only.  Limits
of memory and processor time are set before LLVM is loaded.
"""

from __future__ import annotations

import importlib
import math
import os
import resource
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from pvm.engines.native.machine_code.blob import encode_blob
from pvm.engines.native.machine_code.request import DONE, FAILED, LENGTH, Limits, Request, decode_request
from pvm.engines.native.machine_code.target import Target
from pvm.engines.native.sources import present_sources


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until there are no more, even if whoever asked has ended meanwhile."""
    is_same = False
    while head := source.read(LENGTH.size):
        (size,) = LENGTH.unpack(head)
        request, target, limits, sources = decode_request(source.read(size))
        _limit(limits)
        # Before anything is done, and again since what was loaded meanwhile may be of another version too.
        answer = b"" if is_same else _differing(sources)
        if not answer:
            answer = _answer(request, target)
            answer = _differing(sources) or answer
            is_same = answer[:1] == DONE
        with suppress(BrokenPipeError):
            sink.write(LENGTH.pack(len(answer)) + answer)
            sink.flush()


def _limit(limits: Limits) -> None:
    """Limit this process; its time so far does not count."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime) + 1
    for what, value in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_CPU, used + math.ceil(limits.seconds)),
        (resource.RLIMIT_CORE, 0),
    ):
        _, most = resource.getrlimit(what)
        resource.setrlimit(what, (value if most == resource.RLIM_INFINITY else min(value, most), most))


def _differing(sources: bytes) -> bytes:
    """What to answer to a process that runs other sources of PVM: code of these would fit nothing there."""
    try:
        is_same = not sources or present_sources() == sources
    except OSError:
        is_same = False
    return b"" if is_same else FAILED + b"another version of PVM was installed while this process runs"


def _answer(request: Request, target: Target) -> bytes:
    try:
        from pvm.engines.native.llvm.compilation import compile_blob

        module, _, name = request.generator.partition(":")
        generate: Callable[..., str | tuple[str, bytes] | None] = getattr(importlib.import_module(module), name)
        arguments = (target,) if request.argument is None else (target, request.argument)
        made = generate(*arguments)
        if made is None:
            return DONE
        ir, notes = (made, b"") if isinstance(made, str) else made
        return DONE + encode_blob(compile_blob(ir, target, request.speed)._replace(notes=notes))
    except Exception as error:  # noqa: BLE001 - whatever it is, the host goes on without this code
        return FAILED + f"{type(error).__name__}: {error}".encode("utf-8", "replace")


def main() -> None:
    """Serve standard input; what LLVM prints goes to standard error."""
    # Where memory runs out, as in a container, this process has to go, not the one that runs the program.
    with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:  # noqa: PTH123 - as of others
        score.write("1000")
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)
