"""The ends of the standard streams: where a guest's input comes from and where its output goes.

A source or sink belongs to the kernel and is shared by all runs; descriptions of it come and go.
Inherited streams never block inside the kernel: when the host descriptor is not ready the call
raises ``WouldBlock`` and is issued again.  File objects of the embedder are called directly, so a
read from one that blocks cannot be interrupted by a time limit; their exceptions other than
``OSError`` are the embedder's own and pass through.
"""

from __future__ import annotations

import codecs
import io
import os
import select
import stat
import sys
from enum import Enum

from pvm.errors import UsageError
from pvm.kernel.abi import Errno, GuestError, HostFailure
from pvm.kernel.grants import text_bytes
from pvm.kernel.quotas import Ledger
from pvm.kernel.task import WouldBlock
from pvm.kernel.vfs.description import Description
from pvm.kernel.vfs.node import FileKind, OpenFlag, Stat
from pvm.typed import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from typing import IO, Any

PIPE_CHUNK = 4096
"""A pipe that is ready takes this much without blocking (POSIX: ``PIPE_BUF`` on Linux)."""


class Stream(Enum):
    """What a standard stream may be connected to, besides bytes and file objects."""

    INHERIT = "inherit"
    CAPTURE = "capture"


if TYPE_CHECKING:
    InputSpec = bytes | bytearray | str | IO[bytes] | Stream | None
    OutputSpec = IO[bytes] | IO[str] | Stream | str | None

INHERIT = Stream.INHERIT
CAPTURE = Stream.CAPTURE


class Source(Protocol):
    """Where input comes from."""

    kind: FileKind

    def read(self, count: int) -> bytes:
        """Up to ``count`` bytes; empty at the end."""

    def is_terminal(self) -> bool:
        """Whether a person may sit at the other end."""


class BytesSource:
    """Input that is known from the start."""

    __slots__ = ("data", "position")

    kind = FileKind.PIPE

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def read(self, count: int) -> bytes:
        part = self.data[self.position : self.position + count]
        self.position += len(part)
        return part

    def is_terminal(self) -> bool:
        return False


class FileSource:
    """Input from a binary file object of the embedder."""

    __slots__ = ("_read",)

    kind = FileKind.PIPE

    def __init__(self, file: IO[bytes]) -> None:
        read = getattr(file, "read1", None) or getattr(file, "read", None)
        if read is None or isinstance(file, io.TextIOBase):
            raise UsageError(f"stdin is {type(file).__name__}, expected bytes, text, a binary file or INHERIT")
        self._read = read

    def read(self, count: int) -> bytes:
        try:
            data = self._read(count)
        except (OSError, ValueError) as error:
            raise HostFailure(Errno.IO, f"standard input: {error}") from None
        if data is None:
            raise WouldBlock
        if not isinstance(data, bytes) or len(data) > count:
            raise UsageError(f"stdin gave {type(data).__name__}, expected at most {count} bytes")
        return data

    def is_terminal(self) -> bool:
        return False


class DescriptorSource:
    """Input from a descriptor of the host, read only when it is ready."""

    __slots__ = ("fd", "kind")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.kind = descriptor_kind(fd)

    def read(self, count: int) -> bytes:
        if not is_ready(self.fd, select.POLLIN):
            raise WouldBlock(readable=self.fd)
        try:
            return os.read(self.fd, count)
        except BlockingIOError:
            raise WouldBlock(readable=self.fd) from None
        except OSError as error:
            raise HostFailure(Errno.IO, f"standard input: {error.strerror}") from None

    def is_terminal(self) -> bool:
        return os.isatty(self.fd)


class Sink:
    """Where output goes; ``broken`` is set once nobody is left to read it.

    The base class discards.
    """

    __slots__ = ("broken",)

    kind = FileKind.CHARACTER

    def __init__(self) -> None:
        self.broken = False

    def write(self, data: bytes) -> int:
        """Take some of ``data``, at least a byte; the number of bytes taken."""
        return len(data)

    def is_terminal(self) -> bool:
        """Whether a person may sit at the other end."""
        return False

    def breaks(self, detail: str) -> GuestError:
        """Note that nobody reads any more; the error to raise."""
        self.broken = True
        return GuestError(Errno.PIPE, detail)


class CaptureSink(Sink):
    """Output that is kept, up to a quota."""

    __slots__ = ("limit", "taken")

    kind = FileKind.PIPE

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.limit = limit
        self.taken = bytearray()

    def write(self, data: bytes) -> int:
        part = data[: self.limit - len(self.taken)]
        if not part:
            raise GuestError(Errno.NOSPC, f"quota of {self.limit} captured bytes")
        self.taken += part
        return len(part)


class FileSink(Sink):
    """Output to a file object of the embedder, flushed after each write."""

    __slots__ = ("_decoder", "_file")

    kind = FileKind.PIPE

    def __init__(self, file: IO[bytes] | IO[str], name: str) -> None:
        super().__init__()
        if not callable(getattr(file, "write", None)):
            raise UsageError(f"{name} is {type(file).__name__}, expected a file, INHERIT, CAPTURE or None")
        self._file: Any = file
        text = isinstance(file, io.TextIOBase)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace") if text else None

    def write(self, data: bytes) -> int:
        try:
            taken = self._pass_on(data)
            flush = getattr(self._file, "flush", None)
            if flush is not None:
                flush()
        except (BrokenPipeError, ValueError) as error:
            raise self.breaks(str(error)) from None
        except BlockingIOError:
            raise WouldBlock from None
        except OSError as error:
            raise HostFailure(Errno.IO, f"standard output: {error}") from None
        return taken

    def _pass_on(self, data: bytes) -> int:
        if self._decoder is not None:
            self._file.write(self._decoder.decode(data))
            return len(data)
        taken = self._file.write(data)
        if taken is None and isinstance(self._file, io.RawIOBase):
            raise WouldBlock
        return taken if isinstance(taken, int) else len(data)


class DescriptorSink(Sink):
    """Output to a descriptor of the host, written only when it is ready."""

    __slots__ = ("chunk", "fd", "kind")

    def __init__(self, fd: int) -> None:
        super().__init__()
        self.fd = fd
        self.kind = descriptor_kind(fd)
        self.chunk = PIPE_CHUNK if self.kind in {FileKind.PIPE, FileKind.SOCKET} else 1 << 20

    def write(self, data: bytes) -> int:
        taken = 0
        while taken < len(data) and is_ready(self.fd, select.POLLOUT):
            try:
                taken += os.write(self.fd, data[taken : taken + self.chunk])
            except OSError as error:
                if taken == 0:
                    raise self._failure(error) from None
                break  # a partial write now; the next one meets the error
        if taken == 0:
            raise WouldBlock(writable=self.fd)
        return taken

    def _failure(self, error: OSError) -> Exception:
        if isinstance(error, BlockingIOError):
            return WouldBlock(writable=self.fd)
        if isinstance(error, BrokenPipeError):
            return self.breaks(str(error))
        return HostFailure(Errno.IO, f"standard output: {error.strerror}")

    def is_terminal(self) -> bool:
        return os.isatty(self.fd)


def is_ready(fd: int, events: int) -> bool:
    """Whether the host descriptor can be used without blocking; errors count as ready, so that they show."""
    poll = select.poll()
    poll.register(fd, events)
    return bool(poll.poll(0))


def descriptor_kind(fd: int) -> FileKind:
    """What a host descriptor refers to; a file of the host shows as a pipe, since it cannot be sought."""
    try:
        mode = os.fstat(fd).st_mode
    except OSError as error:
        raise UsageError(f"cannot inherit descriptor {fd}: {error.strerror}") from None
    if stat.S_ISSOCK(mode):
        return FileKind.SOCKET
    return FileKind.CHARACTER if stat.S_ISCHR(mode) else FileKind.PIPE


def make_source(spec: InputSpec) -> Source:
    """The source that an embedder's ``stdin=`` asks for."""
    match spec:
        case None:
            return BytesSource(b"")
        case Stream.INHERIT:
            return DescriptorSource(0)
        case "inherit":
            # A guest's input may be anybody's text: it must not open the host's standard input.
            raise UsageError("stdin='inherit' is ambiguous: pass INHERIT, or b'inherit' for the text")
        case str():
            return BytesSource(text_bytes(spec, "stdin"))
        case bytes() | bytearray():
            return BytesSource(bytes(spec))
        case Stream.CAPTURE:
            raise UsageError("stdin cannot be captured")
        case _:
            return FileSource(spec)


def make_sink(spec: OutputSpec, fd: int, ledger: Ledger) -> Sink:
    """The sink that an embedder's ``stdout=`` (fd 1) or ``stderr=`` (fd 2) asks for."""
    match spec:
        case None:
            return Sink()
        case Stream.INHERIT | "inherit":
            before = sys.stdout if fd == 1 else sys.stderr
            if before is not None:  # what Python has buffered comes first
                before.flush()
            return DescriptorSink(fd)
        case Stream.CAPTURE | "capture":
            return CaptureSink(ledger.quotas.captured_bytes)
        case str():
            raise UsageError(f"standard stream {fd} is {spec!r}, expected a file, INHERIT, CAPTURE or None")
        case _:
            return FileSink(spec, "stdout" if fd == 1 else "stderr")


def _stream_stat(fd: int, kind: FileKind) -> Stat:
    return Stat(0, 100 + fd, kind, 0o600, 1, 0, 0, 0, 0)


class InputDescription(Description):
    """Standard input, open."""

    __slots__ = ("source",)

    def __init__(self, source: Source) -> None:
        super().__init__(OpenFlag.READ)
        self.source = source

    def read(self, count: int) -> bytes:
        return self.source.read(count) if count else b""

    def write(self, data: bytes) -> int:
        raise GuestError(Errno.BADF)

    def stat(self) -> Stat:
        return _stream_stat(0, self.source.kind)

    def is_terminal(self) -> bool:
        return self.source.is_terminal()


class OutputDescription(Description):
    """Standard output or standard error, open."""

    __slots__ = ("fd", "ledger", "sink")

    def __init__(self, sink: Sink, fd: int, ledger: Ledger) -> None:
        super().__init__(OpenFlag.WRITE)
        self.sink = sink
        self.fd = fd
        self.ledger = ledger

    def read(self, count: int) -> bytes:
        raise GuestError(Errno.BADF)

    def write(self, data: bytes) -> int:
        if not data:
            return 0
        room = self.ledger.output_room()
        if room is not None:
            data = data[: max(0, room)]
            if not data:
                raise GuestError(Errno.NOSPC, "quota of output bytes")
        taken = self.sink.write(data)
        self.ledger.output_bytes += taken
        return taken

    def stat(self) -> Stat:
        return _stream_stat(self.fd, self.sink.kind)

    def is_terminal(self) -> bool:
        return self.sink.is_terminal()
