"""Running Linux programs: ``spawn`` as ``subprocess.run``, ``start`` as ``subprocess.Popen``.

A program sees the files, clock and environment of its kernel, at native speed, and reaches nothing else of this
machine.  If a wall of the jail cannot be built here, nothing is run and ``ContainmentError`` says which.
"""

from __future__ import annotations

import io
import os
from collections.abc import Collection, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Self

from pvm.embed.limits import parse_duration, parse_size
from pvm.embed.steering import listen
from pvm.engines.direct.machine import Bounds, Machine, encoded
from pvm.engines.direct.streams import StandardStreams
from pvm.errors import GuestError, UsageError
from pvm.kernel.grants import text_bytes
from pvm.kernel.kernel import Kernel
from pvm.kernel.streams import CAPTURE, CaptureSink, Sink, Source, make_sink, make_source
from pvm.runs import register, unregister

if TYPE_CHECKING:
    from pvm.kernel.streams import InputSpec, OutputSpec

DEFAULT_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}


class _Kind(Enum):
    PIPE = "pipe"
    KERNEL = "kernel"


PIPE = _Kind.PIPE
"""For ``start``: connect a stream to a file object of the ``Guest``."""


class _GuestLimits(NamedTuple):
    memory: int | str
    timeout: float | str | None
    cpu: float | str | None
    processes: int
    stack: int | str


class GuestLimits(_GuestLimits):
    """What a Linux program and all that it starts may use together.

    Args:
        memory: bytes of memory, a number or a text such as ``"512M"``; more ends the run.
        timeout: seconds of wall time, a number or a text such as ``"250ms"``; None is no limit.
        cpu: seconds of processor time, the same.
        processes: processes and threads at a time; more cannot be made.
        stack: bytes of stack of a process.

    Files, their sizes and what is written to streams are bounded by the ``Quotas`` of the kernel.
    """

    __slots__ = ()

    def __new__(
        cls,
        memory: int | str = "1G",
        timeout: float | str | None = None,
        cpu: float | str | None = None,
        processes: int = 256,
        stack: int | str = "8M",
    ) -> Self:
        """Check and make them."""
        parse_size(memory)
        parse_size(stack)
        for duration in (timeout, cpu):
            if duration is not None:
                parse_duration(duration)
        if type(processes) is not int or processes < 1:
            raise UsageError(f"processes {processes!r} is not a whole number, 1 or more")
        return super().__new__(cls, memory, timeout, cpu, processes, stack)

    def bounds(self) -> Bounds:
        """The limits as numbers."""
        wall = None if self.timeout is None else parse_duration(self.timeout)
        cpu = None if self.cpu is None else parse_duration(self.cpu)
        return Bounds(parse_size(self.memory), parse_size(self.stack), self.processes, wall, cpu)


class Completed(NamedTuple):
    """How a program ended.

    Args:
        returncode: its exit status, or the negative number of the signal that ended it.
        stdout: what it wrote, if that was captured.
        stderr: the same for standard error.
        limit: the limit that ended it: ``time``, ``cpu``, ``memory``, ``output`` or ``storage``; else empty.
        cpu_seconds: processor time of all its processes, as last looked at.
        wall_seconds: how long the run took.
    """

    returncode: int
    stdout: bytes | None
    stderr: bytes | None
    limit: str
    cpu_seconds: float
    wall_seconds: float

    @property
    def status(self) -> int:
        """The status that ``pvm run`` exits with: 124 or 137 for a limit, 128 + n for signal n."""
        if self.limit:
            return 137 if self.limit == "memory" else 124
        return self.returncode if self.returncode >= 0 else 128 - self.returncode


class Guest:
    """A program that runs.  Used as a context, it is killed at the end unless it has ended by itself.

    ``stdin``, ``stdout`` and ``stderr`` are file objects where ``PIPE`` was asked for, else None.
    """

    def __init__(  # noqa: PLR0913 - a keyword for each thing that a run depends on
        self,
        kernel: Kernel,
        path: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        *,
        streams: tuple[InputSpec | _Kind | int, OutputSpec | _Kind | int, OutputSpec | _Kind | int],
        limits: GuestLimits,
        cwd: str,
        lower: Collection[str],
        listed: bool,
    ) -> None:
        self.stdin: BinaryIO | None = None
        self.stdout: BinaryIO | None = None
        self.stderr: BinaryIO | None = None
        self._files: list[BinaryIO] = []
        source, *sinks = (self._stream(kernel, fd, spec) for fd, spec in enumerate(streams))
        assert not isinstance(source, Sink), "the first stream is made as a source"
        outputs = [sink for sink in sinks if isinstance(sink, Sink | int)]
        self._captures = [sink if isinstance(sink, CaptureSink) else None for sink in outputs]
        self._entry = register("linux", path) if listed else None
        control = listen(self._entry)
        try:
            connected = StandardStreams(source, outputs, kernel.ledger)
            self._machine = Machine(
                kernel,
                encoded(arguments, environment, path),
                connected,
                bounds=limits.bounds(),
                working_directory=cwd,
                lowered=lower,
                control=control,
            )
        except BaseException:
            for file in self._files:
                file.close()
            if control is not None:
                control.close()
            unregister(self._entry)
            raise

    def _stream(self, kernel: Kernel, fd: int, spec: InputSpec | OutputSpec | _Kind | int) -> Source | Sink | int:
        """What descriptor ``fd`` of the guest is connected to."""
        if spec is _Kind.KERNEL:
            return kernel.standard_sink(fd) if fd else kernel.standard_source
        if spec is _Kind.PIPE:
            return self._pipe(fd)
        if isinstance(spec, int):
            return os.dup(spec)
        if fd:
            return make_sink(spec, fd, kernel.ledger)  # type: ignore[arg-type]
        return make_source(spec)  # type: ignore[arg-type]

    def _pipe(self, fd: int) -> int:
        """Make a pipe; gives the guest's end."""
        reader, writer = os.pipe2(os.O_CLOEXEC)
        ours, theirs = (reader, writer) if fd else (writer, reader)
        file = io.open(ours, "rb" if fd else "wb", buffering=0)  # noqa: UP020, SIM115 - closed with the guest
        self._files.append(file)
        setattr(self, ("stdin", "stdout", "stderr")[fd], file)
        return theirs

    @property
    def walls(self) -> tuple[str, ...]:
        """The walls that stand between the program and this machine."""
        return self._machine.walls

    @property
    def published(self) -> dict[int | str, tuple[str, int]]:
        """Address and port of this machine that lead to a port of the program, by that port, while it runs.

        Ports of UDP are texts, such as ``"53/udp"``.
        """
        return self._machine.published

    def poll(self) -> Completed | None:
        """How the program ended, or None while it runs."""
        return self.wait(0) if self._machine.wait(0) else None

    def wait(self, timeout: float | None = None) -> Completed:
        """Wait for the end.

        Raises:
            TimeoutError: ``timeout`` seconds have passed; the program goes on.
        """
        if not self._machine.wait(timeout):
            raise TimeoutError(f"the program still runs after {timeout} s")
        if self._machine.failure is not None:
            raise self._machine.failure
        outcome = self._machine.outcome
        assert outcome is not None, "a run without failure has an outcome"
        stdout, stderr = (None if sink is None else bytes(sink.taken) for sink in self._captures)
        return Completed(outcome.status, stdout, stderr, outcome.limit, outcome.cpu_seconds, outcome.wall_seconds)

    async def wait_async(self) -> Completed:
        """The same, for asyncio: other tasks go on meanwhile."""
        import asyncio  # it is heavy, and whoever awaits has it already

        return await asyncio.to_thread(self.wait)

    def kill(self) -> None:
        """End the program and all that it started, at once."""
        self._machine.kill()

    def send_signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the program's first process, or to its process group."""
        self._machine.send_signal(number, group=group)

    @property
    def suspended(self) -> bool:
        """Whether the program is stopped by ``suspend``, whoever called it."""
        return self._machine.suspended

    def suspend(self) -> None:
        """Stop the program and all that it started, until ``resume``; its time limits stop too."""
        self._machine.suspend()

    def resume(self) -> None:
        """Let a stopped program go on."""
        self._machine.resume()

    def close(self) -> None:
        """Kill the program if it still runs, and close the streams."""
        self._machine.kill()
        for file in self._files:
            file.close()
        self._machine.wait()
        unregister(self._entry)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def start(  # noqa: PLR0913 - a keyword for each thing that a run depends on
    path: str,
    argv: Sequence[str] | None = None,
    *,
    kernel: Kernel,
    limits: GuestLimits | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    stdin: InputSpec | _Kind | int = _Kind.KERNEL,
    stdout: OutputSpec | _Kind | int = _Kind.KERNEL,
    stderr: OutputSpec | _Kind | int = _Kind.KERNEL,
    lower: Collection[str] = (),
    listed: bool = False,
) -> Guest:
    """Start a Linux program and return while it runs.

    Args:
        path: the program, a path of the guest.
        argv: its arguments from the name on; by default the path alone.
        kernel: what it sees of files, time and randomness.
        limits: what it may use.
        env: its environment, instead of the kernel's with usual ``PATH``, ``HOME`` and ``LANG``.
        cwd: its working directory.
        stdin: as for ``Kernel``, or ``PIPE``, or a descriptor of this process, which stays open; by default what the
            kernel has.
        stdout: the same.
        stderr: the same.
        lower: names of walls that may be missing, such as ``"landlock"``.
        listed: whether ``pvm ps`` shows it and ``pvm suspend`` and its kin reach it, until it is closed.

    Raises:
        ContainmentError: a wall of the jail cannot be built here.
        GuestError: the program cannot be executed, with the errno of ``execve``.
        UsageError: an argument makes no sense.
    """
    if isinstance(argv, str):
        raise UsageError("argv is one text, expected a list of them")
    arguments = [path] if argv is None else list(argv)
    environment = DEFAULT_ENVIRONMENT | kernel.env if env is None else dict(env)
    for text in (path, *arguments, *environment, *environment.values()):
        if b"\0" in text_bytes(text, "argument"):
            raise UsageError(f"{text!r} has a zero byte, which no argument can")
    try:
        return Guest(
            kernel,
            path,
            arguments,
            environment,
            streams=(stdin, stdout, stderr),
            limits=limits or GuestLimits(),
            cwd=cwd,
            lower=lower,
            listed=listed,
        )
    except GuestError as error:
        raise GuestError(error.errno, error.detail or path) from None


def spawn(  # noqa: PLR0913 - a keyword for each thing that a run depends on
    path: str,
    argv: Sequence[str] | None = None,
    *,
    kernel: Kernel | None = None,
    limits: GuestLimits | None = None,
    env: Mapping[str, str] | None = None,
    cwd: str = "/",
    stdin: InputSpec = None,
    stdout: OutputSpec = CAPTURE,
    stderr: OutputSpec = CAPTURE,
    lower: Collection[str] = (),
) -> Completed:
    """Run a Linux program to its end; arguments and errors as for ``start``, but the output is captured."""
    with start(
        path,
        argv,
        kernel=kernel or Kernel(),
        limits=limits,
        env=env,
        cwd=cwd,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        lower=lower,
    ) as guest:
        return guest.wait()


async def spawn_async(path: str, argv: Sequence[str] | None = None, **options: object) -> Completed:
    """``spawn`` for asyncio; a cancelled task kills the program."""
    options = {"stdin": None, "stdout": CAPTURE, "stderr": CAPTURE, "kernel": Kernel()} | options
    with start(path, argv, **options) as guest:  # type: ignore[arg-type]
        return await guest.wait_async()
