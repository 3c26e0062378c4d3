"""The kernel object: one virtual machine's operating system, and the dispatcher of its hypercalls.

Everything that the embedder did not grant is absent.  One lock serialises the calls of all tasks;
nothing sleeps while holding it (``WouldBlock`` leaves it), except a blocking file object that the
embedder passed as a stream.
"""

from __future__ import annotations

import os
from _thread import RLock

from pvm.errors import LinkError, UsageError
from pvm.kernel.abi import Errno, GuestError, HostFailure, Hypercall
from pvm.kernel.clock import SLICE_NS, Clock, HostClock, VirtualClock
from pvm.kernel.grants import Grant, text_bytes
from pvm.kernel.guest_files import GuestFiles
from pvm.kernel.hypercalls import find
from pvm.kernel.process import Process
from pvm.kernel.quotas import Ledger, Quotas, Usage
from pvm.kernel.randomness import HostRandom, RandomSource, SeededRandom
from pvm.kernel.streams import (
    INHERIT,
    CaptureSink,
    InputDescription,
    OutputDescription,
    Sink,
    Source,
    make_sink,
    make_source,
)
from pvm.kernel.task import HypercallInfo, Task, Value, WouldBlock
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Literal, Self

    from pvm.kernel.network import Network, NetworkPolicy
    from pvm.kernel.streams import InputSpec, OutputSpec
    from pvm.kernel.vfs.node import FileSystem
    from pvm.kernel.vfs.path import Location

DEFAULT_QUOTAS = Quotas()
NETWORK_DEVICE = 92
ALWAYS_ALLOWED = frozenset({Errno.FAULT})


class Kernel(GuestFiles):
    """The operating system of a guest: files, streams, environment, clock, randomness, quotas.

    ``mounts`` maps guest paths to ``HostDir`` or ``MemDir``; without any, the guest has an empty root
    in memory with ``/tmp``, and ``/dev``.  ``stdin`` is None (empty), bytes, text, a binary file or
    INHERIT; ``stdout`` and ``stderr`` are INHERIT, CAPTURE, None (discard) or a file.  With
    ``clock="virtual"`` and a ``seed``, runs repeat exactly.  ``network`` is what Linux programs reach
    outside, and what reaches them; None is nothing.  ``trace`` is called with a line for each hypercall.
    A kernel serves several runs in sequence and keeps its files between them.
    """

    def __init__(  # noqa: PLR0913 - one keyword for each thing that can be granted
        self,
        mounts: Mapping[str, Grant] | None = None,
        *,
        env: Mapping[str, str] | None = None,
        stdin: InputSpec = None,
        stdout: OutputSpec = INHERIT,
        stderr: OutputSpec = INHERIT,
        clock: Literal["host", "virtual"] = "host",
        seed: int | None = None,
        quotas: Quotas = DEFAULT_QUOTAS,
        network: Network | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        self.ledger = Ledger(quotas)
        self.clock: Clock = make_clock(clock)
        if seed is not None and type(seed) is not int:
            raise UsageError(f"seed is {seed!r}, expected a whole number or None")
        self.random: RandomSource = HostRandom() if seed is None else SeededRandom(seed)
        self.env = checked_environment(env or {})
        self.trace = trace
        self.network = None if network is None else network_policy(network)
        self._lock = RLock()
        self._source = make_source(stdin)
        self._sinks = {fd: make_sink(spec, fd, self.ledger) for fd, spec in ((1, stdout), (2, stderr))}
        self._inode_key = int.from_bytes(os.urandom(8), "little") if seed is None else seed
        self._granted = self._build(mounts or {})
        self._brought: dict[str, FileSystem] = {}
        self._host_files: list[Callable[[], int]] = []
        self._root: Location | None = None

    @property
    def root(self) -> Location:
        """Where every path begins; what was not granted is made when somebody asks."""
        if self._root is None:
            from pvm.kernel.vfs.mount import mount_tree
            from pvm.kernel.vfs.path import Location

            tree = mount_tree(self._file_systems())
            assert tree.fs is not None, "there is always a root"
            self._root = Location(tree.fs.root, None, "", tree)
        return self._root

    def _file_systems(self) -> dict[str, FileSystem]:
        """All that was there from the start, by path: what was granted, else a root in memory, and devices."""
        built = self._granted
        if "/dev" not in built:
            from pvm.kernel.fs.devfs import DevFs

            built["/dev"] = DevFs(2, self.random)
        if "/" not in built:
            from pvm.kernel.fs.memfs import MemFs

            root = MemFs(1, self.ledger, self.clock)
            root.root.create_directory("tmp", 0o777)
            built["/"] = root
        if self.network is not None:
            from pvm.kernel.fs.memfs import mounted_file

            for place, (path, content) in enumerate(self.network.files().items()):
                if path not in built:
                    built[path] = mounted_file(NETWORK_DEVICE + place, self.ledger, self.clock, content.encode())
        return built

    def _build(self, mounts: Mapping[str, Grant]) -> dict[str, FileSystem]:
        """What was granted, so that whatever is wrong with it is said at once."""
        built: dict[str, FileSystem] = {}
        grants = checked_grants(mounts)
        try:
            for path, grant in grants.items():
                built[path] = grant.build(len(built) + 3, self.ledger, self.clock, self._inode_key)
        except BaseException:
            for fs in built.values():
                fs.close()
            raise
        return built

    def new_process(self, args: Sequence[str] = (), env: Mapping[str, str] | None = None) -> Process:
        """A process for one run, with descriptors 0, 1, 2 open; ``env`` overrides the kernel's."""
        if isinstance(args, str):
            raise UsageError("arguments are one text, expected a list of them")
        for index, text in enumerate(args):
            text_bytes(text, f"argument {index}")
        process = Process(self, args, self.env if env is None else checked_environment(env))
        process.descriptors.add(InputDescription(self._source))
        for fd, sink in self._sinks.items():
            process.descriptors.add(OutputDescription(sink, fd, self.ledger))
        return process

    @property
    def lock(self) -> RLock:
        """What serialises all calls; a personality that answers its guests itself takes it."""
        return self._lock

    @property
    def standard_source(self) -> Source:
        """Where standard input comes from."""
        return self._source

    def standard_sink(self, fd: int) -> Sink:
        """Where standard output (1) or standard error (2) goes."""
        return self._sinks[fd]

    def attach(self, path: str, fs: FileSystem) -> None:
        """Mount a file system that a personality brings along; what the embedder granted there stays."""
        from pvm.kernel.vfs.mount import MountPoint, mount_components

        point = self.root.mounts
        assert point is not None, "the root is a mount"
        for name in mount_components(path):
            point = point.children.setdefault(name, MountPoint())
        before = self._brought.pop(path, None)
        if before is not None:
            before.close()
        elif point.fs is not None:
            fs.close()
            return
        point.fs = self._brought[path] = fs

    def attached(self, path: str) -> FileSystem | None:
        """What a personality has mounted at a path."""
        return self._brought.get(path)

    def keep_host_files(self, new_file: Callable[[], int]) -> None:
        """Let files in memory whose descriptors are asked for from now on live in files that ``new_file`` makes."""
        self._host_files.append(new_file)
        self._use_host_files()

    def leave_host_files(self, new_file: Callable[[], int]) -> None:
        """Let new ones live where they did before that."""
        self._host_files.remove(new_file)
        self._use_host_files()

    def _use_host_files(self) -> None:
        from pvm.kernel.fs.memfs import MemFs, new_memory_file

        for fs in (*self._file_systems().values(), *self._brought.values()):
            if isinstance(fs, MemFs):
                fs.new_host_file = self._host_files[-1] if self._host_files else new_memory_file

    def mount_paths(self) -> list[str]:
        """Where something is mounted, in order."""
        return sorted({*self._file_systems(), *self._brought})

    def resolve(self, name: str) -> Hypercall:
        """The hypercall called ``name``."""
        found = find(name)
        if found is None:
            raise LinkError(f"no hypercall is called {name!r}")
        return found

    def call(self, task: Task, hypercall: HypercallInfo, args: Sequence[object]) -> Value:
        """Perform a hypercall: its value, or the negated errno where it fails."""
        assert isinstance(hypercall, Hypercall)
        assert not task.process.closed, f"{hypercall.name}: the process has ended"
        check_arguments(hypercall, args)
        if self.trace is None:
            return self._perform(task, hypercall, args)
        from pvm.kernel.trace import trace_line

        try:
            result = self._perform(task, hypercall, args)
        except WouldBlock:
            self.trace(trace_line(hypercall, args, "? (waits)"))
            raise
        except BaseException:
            self.trace(trace_line(hypercall, args, "?"))
            raise
        self.trace(trace_line(hypercall, args, "", result))
        return result

    def _perform(self, task: Task, hypercall: Hypercall, args: Sequence[object]) -> Value:
        with self._lock:
            try:
                result: Value = hypercall.handler(task, *args)
            except GuestError as error:
                return -errno_to_guest(hypercall, error)
        return result

    def wait(self, waits: Iterable[WouldBlock], interrupted: Callable[[], bool] | None = None) -> bool:
        """Sleep until one of ``waits`` may succeed; false if ``interrupted`` said so, or if none ever can.

        With a virtual clock and no descriptor to wait for, the clock jumps.
        """
        import select

        waits = list(waits)
        deadlines = [wait.deadline_ns for wait in waits if wait.deadline_ns is not None]
        deadline = min(deadlines, default=None)
        poll = select.poll()
        for wait in waits:
            if wait.readable is not None:
                poll.register(wait.readable, select.POLLIN)
            if wait.writable is not None:
                poll.register(wait.writable, select.POLLOUT)
        if not any(wait.readable is not None or wait.writable is not None for wait in waits):
            return deadline is not None and self.clock.wait_until(deadline, interrupted)
        if isinstance(self.clock, VirtualClock) and deadline is not None:
            return bool(poll.poll(0)) or self.clock.wait_until(deadline, interrupted)
        while not poll.poll(SLICE_NS // 1_000_000):
            if interrupted is not None and interrupted():
                return False
            if deadline is not None and self.clock.reached(deadline):
                return True
        return True

    @property
    def stdout_bytes(self) -> bytes:
        """What the guest wrote to its standard output so far, when that is CAPTURE."""
        return captured(self._sinks[1], "stdout")

    @property
    def stderr_bytes(self) -> bytes:
        """What the guest wrote to its standard error so far, when that is CAPTURE."""
        return captured(self._sinks[2], "stderr")

    @property
    def stdout_broken(self) -> bool:
        """Whether the reader of standard output has gone, which the guest sees as errno PIPE."""
        return self._sinks[1].broken

    @property
    def stderr_broken(self) -> bool:
        """Whether the reader of standard error has gone."""
        return self._sinks[2].broken

    def usage(self) -> Usage:
        """What is in use of the quotas."""
        self._file_systems()
        return self.ledger.usage()

    def close(self) -> None:
        """Give host resources back; what is in memory is lost."""
        for fs in (*self._granted.values(), *self._brought.values()):
            fs.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


def checked_environment(env: Mapping[str, str]) -> dict[str, str]:
    """The environment, which must be text."""
    for name, value in env.items():
        text_bytes(name, "the name of an environment variable")
        text_bytes(value, f"environment variable {name!r}")
        if not name or "=" in name or "\0" in name + value:
            raise UsageError(f"environment variable {name!r} has a name or value that no environment can hold")
    return dict(env)


def checked_grants(mounts: Mapping[str, Grant]) -> dict[str, Grant]:
    """The grants by normalised path."""
    grants: dict[str, Grant] = {}
    if not mounts:
        return grants
    from pvm.kernel.vfs.mount import mount_components

    for path, grant in mounts.items():
        key = "/" + "/".join(mount_components(path))
        if key in grants:
            raise UsageError(f"two mounts at {key!r}")
        if not isinstance(grant, Grant):
            raise UsageError(f"mount {path!r} is {type(grant).__name__}, expected HostDir, MemDir or TarDir")
        grants[key] = grant
    return grants


def network_policy(network: Network) -> NetworkPolicy:
    """What judges by what an embedder grants of the network."""
    from pvm.kernel.network import Network, NetworkPolicy

    if not isinstance(network, Network):
        raise UsageError(f"network is {type(network).__name__}, expected Network")
    return NetworkPolicy(network)


def make_clock(name: str) -> Clock:
    """The clock that an embedder's ``clock=`` asks for."""
    match name:
        case "host":
            return HostClock()
        case "virtual":
            return VirtualClock()
        case _:
            raise UsageError(f"clock {name!r} is unknown, expected host or virtual")


def captured(sink: Sink, name: str) -> bytes:
    """The bytes that a capturing sink has."""
    if not isinstance(sink, CaptureSink):
        raise UsageError(f"{name} was not captured: pass {name}=CAPTURE")
    return bytes(sink.taken)


def check_arguments(hypercall: Hypercall, args: Sequence[object]) -> None:
    """Assert that the engine marshalled the arguments as declared."""
    assert len(args) == len(hypercall.params), f"{hypercall.name}: {len(args)} arguments"
    for guest, value in zip(hypercall.params, args, strict=True):
        match guest:
            case "i64":
                right = type(value) is int
            case "string":
                right = type(value) is str
            case _:
                right = not isinstance(value, (int, str, bytes))
        assert right, f"{hypercall.name}: {type(value).__name__} for {guest}"


def errno_to_guest(hypercall: Hypercall, error: GuestError) -> int:
    """The errno to give to the guest; one that is not declared is a bug of ours, unless the host said it."""
    if error.errno in hypercall.errors or error.errno in ALWAYS_ALLOWED:
        return error.errno
    if isinstance(error, HostFailure) and Errno.IO in hypercall.errors:
        return Errno.IO
    raise AssertionError(f"{hypercall.name} raised an errno that it does not declare: {error}")
