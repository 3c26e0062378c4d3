"""The host's side of a worker: starts it, asks it, and ends it when it dies, hangs or talks nonsense."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from pvm.engines.native.machine_code.blob import Blob, decode_blob
from pvm.engines.native.machine_code.request import DONE, LENGTH, Limits, Request, encode_request
from pvm.engines.native.machine_code.target import Target

MAX_ANSWER = 64 << 20
_PIECE = 1 << 16
_BOOT = "import sys; sys.path[:0] = sys.argv[1].split('\\n'); from {module} import main; main()"
_NOTE_AFTER = 1.0
"""Seconds after which somebody who waits is told why."""


class WorkerError(Exception):
    """No code from the worker; the text says why."""


class WorkerProcess:
    """A worker, started when it is first asked, and again after it failed."""

    def __init__(self, module: str = "pvm.engines.native.machine_code.worker") -> None:
        self.module = module
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0

    def compile(self, request: Request, target: Target, limits: Limits, note: Callable[[], None] | None = None) -> Blob:
        """Ask for code.  ``note`` is called once if it takes long.

        Raises:
            WorkerError: there is none.
        """
        try:
            process = self._running()
            deadline = time.monotonic() + limits.seconds
            self._send(process, encode_request(request, target, limits), deadline)
            answer = self._receive(process, deadline, note)
        except BaseException as error:
            self.close()
            if isinstance(error, OSError):
                raise WorkerError(f"the worker cannot be reached: {error}") from None
            raise
        if answer[:1] != DONE:
            raise WorkerError(answer[1:].decode("utf-8", "replace"))
        blob = decode_blob(answer[1:])
        if blob is None:
            self.close()
            raise WorkerError("the worker's answer is damaged")
        return blob

    def close(self) -> None:
        """End it."""
        process, self._process = self._process, None
        if process is None or self._owner != os.getpid():
            return
        process.kill()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._owner != os.getpid() or self._process.poll() is not None:
            self.close()
            boot = _BOOT.format(module=self.module)
            command = [sys.executable, "-I", "-c", boot, "\n".join(path or os.curdir for path in sys.path)]
            self._process = subprocess.Popen(  # noqa: S603 - this Python, with the modules of this process
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                start_new_session=True,
            )
            self._owner = os.getpid()
        return self._process

    @staticmethod
    def _send(process: subprocess.Popen[bytes], data: bytes, deadline: float) -> None:
        assert process.stdin is not None
        descriptor = process.stdin.fileno()
        os.set_blocking(descriptor, False)
        rest = memoryview(data)
        while rest:
            _, writable, _ = select.select([], [descriptor], [], max(0.0, deadline - time.monotonic()))
            if not writable:
                raise WorkerError("the worker does not listen")
            with suppress(BlockingIOError):
                rest = rest[os.write(descriptor, rest) :]

    @staticmethod
    def _receive(process: subprocess.Popen[bytes], deadline: float, note: Callable[[], None] | None) -> bytes:
        assert process.stdout is not None
        descriptor = process.stdout.fileno()
        noted = time.monotonic() + _NOTE_AFTER if note is not None else deadline
        data = bytearray()
        size = LENGTH.size
        while len(data) < size:
            now = time.monotonic()
            if note is not None and now >= noted:
                note()
                note, noted = None, deadline
            if now >= deadline:
                raise WorkerError("the worker takes too long")
            readable, _, _ = select.select([descriptor], [], [], max(0.0, min(noted, deadline) - now))
            if not readable:
                continue
            piece = os.read(descriptor, _PIECE)
            if not piece:
                raise WorkerError(f"the worker ended, status {process.wait()}")
            data += piece
            if size == LENGTH.size and len(data) >= size:
                size += LENGTH.unpack_from(data)[0]
                if size > MAX_ANSWER:
                    raise WorkerError("the worker's answer is too large")
        return bytes(data[LENGTH.size :])
