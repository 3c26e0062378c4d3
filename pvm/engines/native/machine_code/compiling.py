"""Compiled code for a request: from the cache, else from a worker process, else none.

Nothing that goes wrong is an error here: without code the caller runs on the reference engine.
"""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock

from pvm.engines.native.machine_code.blob import FORMAT, Blob, decode_blob, encode_blob
from pvm.engines.native.machine_code.request import Limits, Request
from pvm.engines.native.machine_code.target import Target, host_target
from pvm.engines.native.sources import sources_digest
from pvm.typed import TYPE_CHECKING
from pvm.user_cache import load, sha256, store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from pvm.engines.native.machine_code.worker_process import WorkerProcess

KIND = "native"
_DEFAULT_LIMITS = Limits()


class Compiler:
    """Gets code for this machine.  Threads may share one; a worker that it had to start ends with ``close``.

    ``niceness`` is that of the worker.  ``failure`` says why the last request gave nothing.  ``note`` is called when
    somebody has to wait for a second.
    """

    def __init__(
        self, limits: Limits = _DEFAULT_LIMITS, note: Callable[[], None] | None = None, niceness: int = 0
    ) -> None:
        self.limits = limits
        self.note = note
        self.niceness = niceness
        self.failure = ""
        self.key: str | None = None
        """What the last answer is kept under."""
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

    def kill(self) -> None:
        """End the worker while another thread may wait for it."""
        worker = self._worker
        if worker is not None:
            worker.kill()

    @property
    def has_worker(self) -> bool:
        """Whether a worker was started."""
        return self._worker is not None

    def prepare(self, request: Request) -> None:
        """Start the worker, and have it do what it will need; what goes wrong shows when code is asked for."""
        from pvm.engines.native.machine_code.worker_process import WorkerError

        target = host_target()
        if target is None:
            return
        with self._lock:
            try:
                self._started().ask(request, target, self.limits)
            except WorkerError as error:
                self.failure = str(error)

    def leave(self, requests: Sequence[Request], limits: Limits) -> bool:
        """Let the worker do something for the next process when this one has ended; false if it cannot be told."""
        target = host_target()
        worker = self._worker
        return target is not None and worker is not None and worker.leave(requests, target, limits)

    def obtain(self, request: Request, *, keep: bool = True) -> Blob | None:
        """The code for a request, or None; it is neither taken from the cache nor put there if it is not to be kept."""
        target = host_target()
        if target is None:
            self.failure = "there is no native engine for this machine"
            return None
        key = self.key = request_key(request, target) if keep else None
        with self._lock:
            kept = None if key is None else load(KIND, key)
            blob = None if kept is None else decode_blob(kept)
            if blob is None or blob.architecture != target.architecture:
                blob = self._compile(request, target)
                if blob is not None and key is not None:
                    store(KIND, key, encode_blob(blob))
            return blob

    def _compile(self, request: Request, target: Target) -> Blob | None:
        from pvm.engines.native.machine_code.worker_process import WorkerError

        try:
            return self._started().compile(request, target, self.limits, self.note)
        except WorkerError as error:
            self.failure = str(error)
            return None

    def _started(self) -> WorkerProcess:
        from pvm.engines.native.machine_code.worker_process import WorkerProcess

        if self._worker is None:
            self._worker = WorkerProcess(niceness=self.niceness)
        return self._worker


def request_key(request: Request, target: Target) -> str | None:
    """SHA-256 of all that the code depends on; None if that cannot be found out."""
    try:
        parts = [FORMAT, tuple(request), tuple(target), sources_digest(), *_libraries()]
    except OSError:
        return None
    key: str = sha256(repr(parts).encode("utf-8", "surrogatepass")).hexdigest()
    return key


def _libraries() -> Iterator[tuple[str, int, int]]:
    """The library of LLVM; it is looked for without the import system, which takes longer."""
    for place in sys.path:
        try:
            with os.scandir(f"{place}/llvmlite/binding") as entries:
                for entry in entries:
                    if "llvmlite." in entry.name:
                        status = entry.stat()
                        yield entry.name, status.st_size, status.st_mtime_ns
        except (FileNotFoundError, NotADirectoryError):
            continue
        return


def note_on_terminal() -> None:
    """Say on a terminal what takes so long."""
    if sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write("pvm: compiling the native engine for this machine, once\n")
        sys.stderr.flush()
