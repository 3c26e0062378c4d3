"""The standard streams of guests: descriptors of the host where there are some, else pipes that threads pump.

A pump stands between a pipe whose other end the guest has and a stream of the kernel, which may be a capture, a
file object of the embedder, or nothing.  So a guest reads and writes natively whatever it is connected to.
Nothing is the host's null device.
"""

from __future__ import annotations

import fcntl
import os
import select
import stat
import threading
from collections.abc import Sequence

from pvm.errors import GuestError, UsageError
from pvm.kernel.quotas import Ledger
from pvm.kernel.streams import (
    BytesSource,
    DescriptorSink,
    DescriptorSource,
    InputDescription,
    OutputDescription,
    Sink,
    Source,
)
from pvm.kernel.task import WouldBlock

CHUNK = 64 << 10
PATIENCE_MS = 50


class OutputPump:
    """Moves what guests write to a pipe into a stream of the kernel."""

    def __init__(self, description: OutputDescription) -> None:
        self.failure: BaseException | None = None
        self.exhausted = False
        self._description = description
        self._source, self.guest_end = os.pipe2(os.O_CLOEXEC)
        self._thread = threading.Thread(target=self._run, name="pvm-output", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while data := os.read(self._source, CHUNK):
                self._pass_on(data)
        except GuestError:
            # Nobody reads any more, or a quota is used up: guests see a broken pipe.
            self.exhausted = not self._description.sink.broken
        except BaseException as failure:  # noqa: BLE001 - an error of the embedder's own file object is given to him
            self.failure = failure
        finally:
            os.close(self._source)

    def _pass_on(self, data: bytes) -> None:
        while data:
            try:
                data = data[self._description.write(data) :]
            except WouldBlock as wait:
                wait_for(wait)

    def finish(self) -> None:
        """Wait until all is moved; no guest can write any more."""
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def stop(self) -> None:
        """Wait for the end, which comes when the last guest's end is closed."""
        self._thread.join()


class InputPump:
    """Moves what a stream of the kernel gives into a pipe that guests read."""

    def __init__(self, description: InputDescription) -> None:
        self._description = description
        self.guest_end, self._sink = os.pipe2(os.O_CLOEXEC)
        self._ended = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="pvm-input", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        os.set_blocking(self._sink, False)
        poll = select.poll()
        poll.register(self._sink, select.POLLOUT)
        try:
            while data := self._read():
                while data and not self._ended.is_set():
                    if poll.poll(PATIENCE_MS):
                        data = data[os.write(self._sink, data) :]
        except (BrokenPipeError, GuestError):
            pass  # the guest has closed its end, or the input failed: either way there is no more
        except BaseException as failure:  # noqa: BLE001 - an error of the embedder's own file object is given to him
            self._failure = failure
        finally:
            os.close(self._sink)

    def _read(self) -> bytes:
        while not self._ended.is_set():
            try:
                return self._description.read(CHUNK)
            except WouldBlock as wait:
                wait_for(wait)
        return b""

    def stop(self) -> None:
        """End soon."""
        self._ended.set()

    def finish(self) -> None:
        """End; a read from a file object of the embedder that blocks is left to itself."""
        self._ended.set()
        self._thread.join(timeout=2 * PATIENCE_MS / 1000)
        if self._failure is not None:
            raise self._failure


def wait_for(wait: WouldBlock) -> None:
    """Sleep until a stream may be ready, or for a short while."""
    poll = select.poll()
    if wait.readable is not None:
        poll.register(wait.readable, select.POLLIN)
    if wait.writable is not None:
        poll.register(wait.writable, select.POLLOUT)
    poll.poll(PATIENCE_MS)


class StandardStreams:
    """The three descriptors for a guest; ``descriptors`` are ours to close once the guest has its own."""

    def __init__(self, source: Source | int, sinks: Sequence[Sink | int], ledger: Ledger) -> None:
        """Connect what is given: streams of the kernel, or ready descriptors, which are taken over."""
        self.pumps: list[InputPump | OutputPump] = []
        self.descriptors: list[int] = []
        self._exhausted = False
        if isinstance(source, DescriptorSource):
            self.descriptors.append(reopened(source.fd))
        elif isinstance(source, int):
            self.descriptors.append(source)
        elif isinstance(source, BytesSource) and not source.data:
            self.descriptors.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
        else:
            reader = InputPump(InputDescription(source))
            self.pumps.append(reader)
            self.descriptors.append(reader.guest_end)
        for fd, sink in enumerate(sinks, 1):
            if isinstance(sink, int):
                self.descriptors.append(sink)
            elif isinstance(sink, DescriptorSink) and ledger.quotas.output_bytes is None:
                self.descriptors.append(reopened(sink.fd))
            elif type(sink) is Sink and ledger.quotas.output_bytes is None:
                self.descriptors.append(os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC))
            else:
                writer = OutputPump(OutputDescription(sink, fd, ledger))
                self.pumps.append(writer)
                self.descriptors.append(writer.guest_end)

        if any(stat.S_ISDIR(os.fstat(descriptor).st_mode) for descriptor in self.descriptors):
            self.abandon()
            raise UsageError("a standard stream is a directory, which would let the program look into it")

    def close_descriptors(self) -> None:
        """Close our copies, so that the guest's are the last."""
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors = []

    def finish(self) -> None:
        """Move what is left; every guest has ended."""
        self.close_descriptors()
        pumps, self.pumps = self.pumps, []
        for pump in pumps:
            pump.finish()
            self._exhausted = self._exhausted or (isinstance(pump, OutputPump) and pump.exhausted)

    def abandon(self) -> None:
        """Give everything up after a failure."""
        self.close_descriptors()
        for pump in self.pumps:
            pump.stop()

    @property
    def exhausted(self) -> bool:
        """Whether the quota of output was used up."""
        return self._exhausted or any(isinstance(pump, OutputPump) and pump.exhausted for pump in self.pumps)


def reopened(fd: int) -> int:
    """A descriptor of a terminal or pipe with flags of its own, so that a guest cannot make ours non-blocking.

    What cannot be opened again is shared: a regular file for its position's sake, and sockets.
    """
    try:
        mode = os.fstat(fd).st_mode
        if mode & 0o170000 in {0o010000, 0o020000}:
            access = fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_ACCMODE
            return os.open(f"/proc/self/fd/{fd}", access | os.O_CLOEXEC | os.O_NOCTTY)
    except OSError:
        return os.dup(fd)
    return os.dup(fd)
