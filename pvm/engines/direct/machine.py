"""A run of a program: jail, streams and supervisor put together, on a thread of its own.

Whatever ends a run ends everything that the program started.  What the host would not enforce by itself is watched:
every 20 ms the memory and the processor time of all processes of the jail are summed up.  Where the host lets us make a
control group, it bounds the memory as well, of programs that run longer than a moment; elsewhere a tree of processes
can exceed it by what it can touch in 20 ms.
"""

from __future__ import annotations

import os
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.direct import filter as system_call_filter
from pvm.engines.direct.commands import Commands
from pvm.engines.direct.control_group import ControlGroup
from pvm.engines.direct.execution import Image, prepare
from pvm.engines.direct.filter import Policy
from pvm.engines.direct.guest import Invocation, descendants
from pvm.engines.direct.jail import Confinement, Jail, check_lowered
from pvm.engines.direct.machine_code import CLOCK_PAGE
from pvm.engines.direct.mounts import NativeMounts, candidates
from pvm.engines.direct.streams import StandardStreams
from pvm.engines.direct.supervisor import Supervisor, reads_shared_clock
from pvm.engines.direct.syscalls.row import Aspect
from pvm.engines.direct.vdso import assembled
from pvm.errors import UsageError
from pvm.kernel.clock import HostClock
from pvm.kernel.kernel import Kernel
from pvm.kernel.process import Process
from pvm.kernel.randomness import HostRandom

if TYPE_CHECKING:
    from pvm.engines.direct.publishing import PublishedPorts

HOSTNAME = "pvm"
NAME_SERVER = struct.pack("<HBB4B8x", socket.AF_INET, 0, 53, 127, 0, 0, 53)
"""The address of the name server, as ``pvm.kernel.network`` tells guests."""

GROUP_AFTER = 0.2
"""How many seconds a program has run when it gets a control group, which costs more than the start itself."""

WATCH_SECONDS = 0.02
STORE_OVERHEAD = 1 << 20
PAGE = resource.getpagesize()
TICKS = os.sysconf("SC_CLK_TCK")
STOP_ROUNDS = 100
SHARED_NOTICED = 32 << 20
DESCRIPTORS_WANTED = 8192


class Bounds(NamedTuple):
    """Limits of a run, of all its processes together but for the stack; None is no limit."""

    memory: int
    stack: int
    processes: int
    wall_seconds: float | None = None
    cpu_seconds: float | None = None


class Outcome(NamedTuple):
    """How a run ended: the first process's exit status, or its signal as a negative number.

    ``limit`` names the limit that ended it, ``time``, ``cpu``, ``memory``, ``output`` or ``storage``, else it is empty.
    ``cpu_seconds`` is what all processes used, as last seen.
    """

    status: int
    limit: str
    cpu_seconds: float
    wall_seconds: float


class Machine:
    """A program that runs on ``kernel``, whose descriptors 0, 1 and 2 are those of ``streams``.

    ``control`` is a socket that takes commands, which is taken over.
    """

    def __init__(
        self,
        kernel: Kernel,
        invocation: Invocation,
        streams: StandardStreams,
        *,
        bounds: Bounds,
        working_directory: str = "/",
        lowered: Collection[str] = (),
        control: socket.socket | None = None,
    ) -> None:
        self.outcome: Outcome | None = None
        self.failure: BaseException | None = None
        self._streams = streams
        self._bounds = bounds
        self._kernel = kernel
        self._limit = ""
        self._cpu_seconds = 0.0
        self._started = time.monotonic()
        self._group: ControlGroup | None = None
        self._group_due = self._started + GROUP_AFTER
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._suspension: Suspension | None = None
        self._paused_seconds = 0.0
        self._commands = None if control is None else Commands(control, self.perform)
        allow_descriptors()
        with ExitStack() as undo:
            undo.callback(streams.abandon)
            check_lowered(lowered)
            image = first_image(kernel, invocation, working_directory)
            undo.callback(image.close)
            mounts = self._native_mounts(lowered)
            if mounts is not None:
                undo.callback(mounts.close)
            self._ports = kept_ports(kernel)
            if self._ports is not None:
                undo.callback(self._ports.close)
            self._jail = Jail(self._confinement(lowered, mounts))
            undo.callback(self._jail.close)
            self.walls = tuple(self._jail.walls)
            self._supervisor = Supervisor(
                kernel,
                self._jail,
                image,
                hostname=HOSTNAME,
                memory_bytes=bounds.memory,
                stack_bytes=bounds.stack,
                working_directory=working_directory,
                mounts=mounts,
                ports=self._ports,
            )
            self._thread = threading.Thread(target=self._run, name="pvm-supervisor", daemon=True)
            self._thread.start()
            undo.pop_all()

    def _native_mounts(self, lowered: Collection[str]) -> NativeMounts | None:
        """The mounts that guests may look into by themselves, but in runs that must repeat or are traced.

        Landlock is what lets them read only there, so without it there are none.
        """
        kernel = self._kernel
        if kernel.trace is not None or not isinstance(kernel.random, HostRandom) or "landlock" in lowered:
            return None
        wanted = candidates(kernel)
        return NativeMounts(kernel, wanted, kernel.ledger.quotas.descriptors) if wanted else None

    def _confinement(self, lowered: Collection[str], mounts: NativeMounts | None) -> Confinement:
        kernel, bounds = self._kernel, self._bounds
        quotas = kernel.ledger.quotas
        virtual = set[Aspect]()
        if not isinstance(kernel.clock, HostClock):
            virtual.add(Aspect.CLOCK)
        if not isinstance(kernel.random, HostRandom):
            virtual.add(Aspect.RANDOM)
        network = "network-namespace" not in lowered
        outside = kernel.network is not None and kernel.network.is_open
        if outside and not network:
            raise UsageError("a network outside needs the network-namespace, which was lowered")
        if outside:
            virtual.add(Aspect.OUTSIDE)
        datagrams = kernel.network is not None and kernel.network.uses("udp")
        policy = Policy(network, frozenset(virtual), tracing=kernel.trace is not None, shim=mounts is not None)
        descriptors = quotas.descriptors + (0 if mounts is None else len(mounts.sources) + 1)
        limits = {
            resource.RLIMIT_CORE: (0, 0),
            resource.RLIMIT_DATA: (bounds.memory, bounds.memory),
            resource.RLIMIT_FSIZE: (quotas.file_size, quotas.file_size),
            resource.RLIMIT_MEMLOCK: (64 << 10, 64 << 10),
            resource.RLIMIT_NOFILE: (quotas.descriptors, descriptors),
            resource.RLIMIT_NPROC: (bounds.processes + 1, bounds.processes + 1),  # one is the reaper
            resource.RLIMIT_STACK: (bounds.stack, bounds.stack),
        }
        limits = {number: clipped(number, pair) for number, pair in limits.items()}
        return Confinement(
            hostname=HOSTNAME,
            filter_program=system_call_filter.build(policy),
            limits=limits,
            store_bytes=quotas.bytes + STORE_OVERHEAD,
            store_files=2 * (quotas.files + quotas.descriptors),
            lowered=frozenset(lowered),
            mounts=mounts,
            vdso=assembled(CLOCK_PAGE) if reads_shared_clock(kernel) else b"",
            name_server=NAME_SERVER if outside else b"",
            routes=routes() if datagrams else (),
        )

    def _enter_group(self) -> None:
        """Put everything into a control group, if the host lets us; files in memory count there too."""
        self._group_due = float("inf")
        group = ControlGroup.make(self._bounds.memory + self._kernel.ledger.quotas.bytes)
        if group is None:
            return
        self._group = group
        added: set[int] = set()
        for _ in range(STOP_ROUNDS):  # what was forked meanwhile by one outside is added in the next round
            found = {self._jail.init_pid, *descendants(self._jail.init_pid)} - added
            if not found:
                return
            for pid in found:
                group.add(pid)
            added |= found

    def _run(self) -> None:
        try:
            first_watch = min(WATCH_SECONDS, self._bounds.wall_seconds or WATCH_SECONDS)
            given = self._streams.close_descriptors
            status = self._supervisor.run(self._streams.descriptors, given, self._watch, first_watch, self._commands)
            if self._group is not None and self._group.was_exceeded():
                self._limit = self._limit or "memory"
            self._jail.close()
            self._streams.finish()
            if not self._limit and self._streams.exhausted:
                self._limit = "output"
            ended = -signal.SIGKILL if status is None else os.waitstatus_to_exitcode(status)
            self.outcome = Outcome(ended, self._limit, self._cpu_seconds, time.monotonic() - self._started)
        except BaseException as failure:  # noqa: BLE001 - it is raised where the embedder waits
            self.failure = failure
        finally:
            self._jail.close()
            if self._group is not None:
                self._group.close()
            if self._commands is not None:
                self._commands.close()
            self._supervisor.close()
            if self._ports is not None:
                self._ports.close()
            self._streams.abandon()
            self._ended.set()

    def _watch(self) -> float:
        """End the run if a limit is passed; gives the seconds until the next look."""
        bounds = self._bounds
        elapsed = self._elapsed()
        if bounds.wall_seconds is not None and elapsed >= bounds.wall_seconds:
            self._end("time")
        if time.monotonic() >= self._group_due:
            self._enter_group()
        alive = descendants(self._jail.init_pid)
        self._supervisor.reap(alive)
        memory, cpu = measure([self._jail.init_pid, *alive])
        self._cpu_seconds = max(self._cpu_seconds, cpu)
        if memory > bounds.memory or (self._group is not None and self._group.was_exceeded()):
            self._end("memory")
        if bounds.cpu_seconds is not None and cpu >= bounds.cpu_seconds:
            self._end("cpu")
        if self._streams.exhausted:
            self._end("output")
        if self._storage_exceeded():
            self._end("storage")
        left = WATCH_SECONDS if bounds.wall_seconds is None else bounds.wall_seconds - elapsed
        return max(0.001, min(WATCH_SECONDS, left))

    def _storage_exceeded(self) -> bool:
        """Whether guests have written more through descriptors than they may, which only host mounts let them."""
        with self._kernel.lock:
            self._supervisor.files.settle()
            ledger = self._kernel.ledger
            return ledger.bytes > 2 * ledger.quotas.bytes + STORE_OVERHEAD

    def _end(self, limit: str) -> None:
        self._limit = self._limit or limit
        self._jail.kill()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for the end of the run; false if ``timeout`` seconds pass before."""
        return self._ended.wait(timeout)

    @property
    def published(self) -> dict[int | str, tuple[str, int]]:
        """Address and port of this machine, by published port of the guest."""
        return {} if self._ports is None else self._ports.places()

    def kill(self) -> None:
        """End everything at once."""
        self._jail.kill()

    def send_signal(self, number: int, *, group: bool = False) -> None:
        """Send a signal to the first process, or to its group, which it leads."""
        send(-self._jail.guest_pid if group else self._jail.guest_pid, number)

    @property
    def suspended(self) -> bool:
        """Whether all processes are stopped."""
        return self._suspension is not None

    def suspend(self) -> None:
        """Stop all processes; the time limits stop with them."""
        with self._lock:
            if self._suspension is not None or self._ended.is_set():
                return
            frozen = self._group is not None and self._group.freeze(frozen=True)
            stopped = [] if frozen else stop_below(self._jail.init_pid)
            self._suspension = Suspension(time.monotonic(), stopped, frozen)

    def resume(self) -> None:
        """Let all processes go on that were not stopped before."""
        with self._lock:
            suspension, self._suspension = self._suspension, None
            if suspension is None:
                return
            self._paused_seconds += time.monotonic() - suspension.since
            if suspension.frozen and self._group is not None:
                self._group.freeze(frozen=False)
            for pid in reversed(suspension.stopped):  # children first, so that parents do not see them stopped
                send(pid, signal.SIGCONT)

    def _elapsed(self) -> float:
        """Seconds that the run took so far, without those that it was suspended."""
        now = time.monotonic()
        suspension = self._suspension
        return now - self._started - self._paused_seconds - (0 if suspension is None else now - suspension.since)

    def perform(self, command: str) -> str:
        """Do what another process of the user asks for; gives an answer for people."""
        name, _, rest = command.partition(" ")
        match name:
            case "suspend":
                self.suspend()
            case "resume":
                self.resume()
            case "kill":
                self.kill()
            case "signal" if rest.isascii() and rest.isdecimal() and 0 < int(rest) < signal.NSIG:
                self.send_signal(int(rest), group=True)
            case "state":
                state = "suspended" if self.suspended else "running"
                return f"{state} {len(descendants(self._jail.init_pid))} {self._cpu_seconds:.2f}"
            case _:
                return "what?"
        return "done"


def kept_ports(kernel: Kernel) -> PublishedPorts | None:
    """The ports of this machine that are published, if there is a network outside."""
    if kernel.network is None:
        return None
    from pvm.engines.direct.publishing import PublishedPorts  # what few programs need is imported for them only

    return PublishedPorts(kernel.network.published)


def routes() -> list[bytes]:
    """What the host's kernel is told of the network of a jail whose guests send datagrams outside."""
    from pvm.engines.direct.datagrams import route_messages  # the same

    return route_messages()


class Suspension(NamedTuple):
    """Since when all is stopped, and how: by the control group, or these processes by signals, parents first."""

    since: float
    stopped: list[int]
    frozen: bool


def stop_below(root: int) -> list[int]:
    """Stop all processes below ``root`` that are not stopped; gives them, parents before their children."""
    seen: set[int] = set()
    stopped: list[int] = []
    for _ in range(STOP_ROUNDS):  # those that were forked meanwhile are stopped in the next round
        found = [pid for pid in descendants(root) if pid not in seen]
        if not found:
            break
        for pid in found:
            if process_state(pid) != b"T":
                send(pid, signal.SIGSTOP)
                stopped.append(pid)
        seen.update(found)
    return stopped


def process_state(pid: int) -> bytes:
    """The letter for what a process does, as the host shows it."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            return file.read().rpartition(b")")[2].split()[0]
    except (OSError, IndexError):
        return b"X"


def first_image(kernel: Kernel, invocation: Invocation, working_directory: str) -> Image:
    """Find the first program."""
    with kernel.lock:
        view = Process(kernel, (), {}, kernel.root)
        view = view.standing_at(view.walk(working_directory).existing())
        view.cwd.directory()
        return prepare(view, invocation)


def allow_descriptors() -> None:
    """Let this process open as many files as it may: some are needed for each process and directory of a guest."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(hard, DESCRIPTORS_WANTED)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def clipped(number: int, pair: tuple[int, int]) -> tuple[int, int]:
    """A pair of soft and hard limit that the host lets us set."""
    _, hard = resource.getrlimit(number)
    if hard == resource.RLIM_INFINITY:
        return pair
    return min(pair[0], hard), min(pair[1], hard)


def send(pid: int, number: int) -> None:
    """Send a signal, if there is somebody."""
    if pid:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def measure(pids: Sequence[int]) -> tuple[int, float]:
    """Memory in bytes and processor time in seconds of the processes of a jail.

    Memory that processes share counts for each of them, unless it is of program files.
    """
    memory = 0
    ticks = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/statm", "rb") as file:  # noqa: PTH123 - every 20 ms
                _, resident, shared, *_ = map(int, file.read().split())
            with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - the same
                fields = file.read().rpartition(b")")[2].split()
            memory += (resident - shared) * PAGE
            if shared * PAGE > SHARED_NOTICED:
                memory += shared_memory(pid)
        except (OSError, ValueError):  # it has died meanwhile
            continue
        ticks += sum(map(int, fields[11:15]))
    return memory, ticks / TICKS


def shared_memory(pid: int) -> int:
    """The bytes of a process's memory that are shared, but of no program file."""
    with open(f"/proc/{pid}/status", "rb") as file:  # noqa: PTH123 - every 20 ms, for large processes
        found = next((line.split()[1] for line in file if line.startswith(b"RssShmem:")), b"0")
    return int(found) << 10


def encoded(arguments: Sequence[str], environment: Mapping[str, str], path: str) -> Invocation:
    """An invocation of texts."""
    texts = [f"{name}={value}".encode() for name, value in environment.items()]
    return Invocation(path, [text.encode() for text in arguments], texts)
