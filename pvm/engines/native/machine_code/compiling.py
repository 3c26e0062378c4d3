"""Compiled code for a request: from the cache, else from a worker process, else none.

Nothing that goes wrong is an error here: without code the caller runs on the reference engine.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from collections.abc import Callable, Iterator
from importlib.machinery import PathFinder
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pvm.engines.native.machine_code import cache
from pvm.engines.native.machine_code.blob import FORMAT, Blob
from pvm.engines.native.machine_code.request import Limits, Request
from pvm.engines.native.machine_code.target import Target, host_target

if TYPE_CHECKING:
    from pvm.engines.native.machine_code.worker_process import WorkerProcess

try:  # without the library that hashlib loads in 2 ms
    from _sha2 import sha256  # type: ignore[import-not-found]
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

SOURCES = ("engines/native", "isa", "pbc", "verify")
"""Folders of this package that generators, and what they read, are in."""
_SUFFIXES = (".py", ".pbc")
_DEFAULT_LIMITS = Limits()


class Compiler:
    """Gets code for this machine.  Threads may share one; a worker that it had to start ends with ``close``.

    ``failure`` says why the last request gave nothing.  ``note`` is called when somebody has to wait for a second.
    """

    def __init__(self, limits: Limits = _DEFAULT_LIMITS, note: Callable[[], None] | None = None) -> None:
        self.limits = limits
        self.note = note
        self.failure = ""
        self._lock = allocate_lock()
        self._worker: WorkerProcess | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None

    def obtain(self, request: Request) -> Blob | None:
        """The code for a request, or None."""
        target = host_target()
        if target is None:
            self.failure = "there is no native engine for this machine"
            return None
        key = request_key(request, target)
        with self._lock:
            blob = None if key is None else cache.load(key)
            if blob is None or blob.architecture != target.architecture:
                blob = self._compile(request, target)
                if blob is not None and key is not None:
                    cache.store(key, blob)
            return blob

    def _compile(self, request: Request, target: Target) -> Blob | None:
        from pvm.engines.native.machine_code.worker_process import WorkerError, WorkerProcess

        if self._worker is None:
            self._worker = WorkerProcess()
        try:
            return self._worker.compile(request, target, self.limits, self.note)
        except WorkerError as error:
            self.failure = str(error)
            return None


def request_key(request: Request, target: Target) -> str | None:
    """SHA-256 of all that the code depends on; None if that cannot be found out.

    Sources and libraries are known by size and time of change, as Python knows those of its byte code.
    """
    try:
        parts = [FORMAT, tuple(request), tuple(target), *_sources(), *_libraries()]
    except OSError:
        return None
    key: str = sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return key


def _sources() -> Iterator[tuple[str, int, int]]:
    here = os.path.abspath(__file__)  # noqa: PTH100 - pathlib is not loaded on the way to a run
    package = here[: -len("/engines/native/machine_code/compiling.py")]
    for folder in SOURCES:
        yield from sorted(_files(f"{package}/{folder}"))


def _files(folder: str) -> Iterator[tuple[str, int, int]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(_SUFFIXES):
                status = entry.stat()
                yield entry.name, status.st_size, status.st_mtime_ns
            elif "." not in entry.name and entry.name != "__pycache__" and entry.is_dir():
                yield from _files(entry.path)


def _libraries() -> Iterator[tuple[str, int, int]]:
    found = PathFinder.find_spec("llvmlite")
    for location in (found.submodule_search_locations or ()) if found is not None else ():
        with os.scandir(f"{location}/binding") as entries:
            for entry in entries:
                if "llvmlite." in entry.name:
                    status = entry.stat()
                    yield entry.name, status.st_size, status.st_mtime_ns


def note_on_terminal() -> None:
    """Say on a terminal what takes so long."""
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write("pvm: compiling the native engine for this machine, once\n")
        sys.stderr.flush()
