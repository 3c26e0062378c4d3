"""Names of machine code for Linux ``perf``, if somebody asks: guest functions, and handlers of the interpreter.

A *map* (``tools/perf/Documentation/jit-interface.txt`` of Linux) is a text file of addresses and names that ``perf
report`` looks for.  A *jitdump* (``jitdump-specification.txt``) has the code too, so that ``perf annotate`` shows it;
``perf inject --jit`` puts it into the profile.
"""

from __future__ import annotations

import mmap
import os
import struct
import threading
import time
from typing import TYPE_CHECKING, Protocol

from pvm.engines.native.machine_code import foreign

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pvm.engines.native.machine_code.loader import LoadedCode

_MAGIC, _VERSION = 0x4A695444, 1
_HEADER = struct.Struct("<IIIIIIQQ")
_MACHINES = {"x86_64": 62, "aarch64": 183}
_CODE_LOAD = 0
_RECORD = struct.Struct("<IIQIIQQQQ")
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW


class Writer(Protocol):
    """Writes names as code comes into being."""

    def add(self, address: int, size: int, name: str) -> None:
        """Code has been loaded."""


class MapWriter:
    """Writes ``/tmp/perf-PID.map``."""

    def __init__(self) -> None:
        self._descriptor = _create(f"/tmp/perf-{os.getpid()}.map")  # noqa: S108 - where perf looks

    def add(self, address: int, size: int, name: str) -> None:
        """Append a line."""
        os.write(self._descriptor, f"{address:x} {size:x} {name}\n".encode())


class DumpWriter:
    """Writes ``jit-PID.dump`` in the working directory; perf notices it, since it is mapped as if it were executed."""

    def __init__(self) -> None:
        self._descriptor = _create(f"jit-{os.getpid()}.dump")
        machine = _MACHINES[os.uname().machine]
        header = (_MAGIC, _VERSION, _HEADER.size, machine, 0, os.getpid(), time.monotonic_ns(), 0)
        os.write(self._descriptor, _HEADER.pack(*header))
        protection = mmap.PROT_READ | mmap.PROT_EXEC
        self._marker = mmap.mmap(self._descriptor, _HEADER.size, flags=mmap.MAP_PRIVATE, prot=protection)
        self._count = 0

    def add(self, address: int, size: int, name: str) -> None:
        """Append a record with the code."""
        text = name.encode() + b"\0"
        total = _RECORD.size + len(text) + size
        ids = (os.getpid(), threading.get_native_id())
        head = (_CODE_LOAD, total, time.monotonic_ns(), *ids, address, address, size, self._count)
        self._count += 1
        os.write(self._descriptor, _RECORD.pack(*head) + text + bytes(foreign.view(address, size)))


def _create(path: str) -> int:
    """A new file of our own; one that an earlier process of this number has left is replaced."""
    if os.path.lexists(path):
        os.unlink(path)  # noqa: PTH108
    return os.open(path, _CREATE, 0o600)


_writers: list[Writer] = []


def profile(kind: str) -> None:
    """Write names from now on: ``map`` or ``jitdump``.

    Raises:
        OSError: the file cannot be made.
    """
    _writers.append(MapWriter() if kind == "map" else DumpWriter())


def note_function(code: LoadedCode, size: int, name: str) -> None:
    """A guest function has been compiled; ``size`` is that of its code."""
    for writer in _writers:
        writer.add(code.address, size, name)


def note_interpreter(code: LoadedCode, size: int) -> None:
    """The interpreter has been loaded."""
    for writer in _writers:
        for start, length, name in _parts(code, size):
            writer.add(start, length, name)


def _parts(code: LoadedCode, size: int) -> Iterator[tuple[int, int, str]]:
    """Address, size and name of the functions of the interpreter that it has names for: each ends where one begins."""
    from pvm.engines.native.code.operations import OPERATIONS
    from pvm.engines.native.code.sequences import SEQUENCES
    from pvm.engines.native.interpreter.services import SERVICES

    names = [f"pvm {operation.name}" for operation in OPERATIONS] + [f"pvm {sequence.name}" for sequence in SEQUENCES]
    names += [f"pvm {name.strip('@')}" for name in SERVICES]
    table = foreign.view(code.symbol("handlers"), 8 * len(names)).cast("Q")
    found = dict(zip(table, names, strict=True))
    found |= {code.symbol(name): f"pvm {name}" for name in code.names if name != "handlers"}
    starts = sorted(found)
    for start, end in zip(starts, [*starts[1:], code.address + size], strict=True):
        yield start, end - start, found[start]
