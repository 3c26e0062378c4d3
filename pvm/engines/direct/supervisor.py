"""The supervisor: answers the filtered system calls of all guests of one jail, one after the other.

It is one loop on one thread.  Nothing that it does for a guest may block: what can block (pipes, sockets, waiting) is
native.  Each call is looked up in the table and handed to its handler in ``calls/``, which acts on the kernel
under the kernel's lock.
"""

from __future__ import annotations

import errno
import fcntl
import os
import resource
import select
import signal
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from pvm.engines.direct import image, layouts, linux
from pvm.engines.direct.calls.call import ANSWERED, CONTINUE, Call
from pvm.engines.direct.calls.handlers import HANDLERS
from pvm.engines.direct.calls.timers import Timers
from pvm.engines.direct.commands import Commands
from pvm.engines.direct.descriptors import OpenFiles, open_identities
from pvm.engines.direct.elf import PAGE
from pvm.engines.direct.execution import Image, StubLinks, checked_start
from pvm.engines.direct.fifos import Fifos
from pvm.engines.direct.guest import GuestProcess, Identification, children, descendants, identify
from pvm.engines.direct.jail import Jail
from pvm.engines.direct.locks import Locks
from pvm.engines.direct.machine_code import BUFFER, BUFFER_SIZE, RECORDS_CALL, VDSO
from pvm.engines.direct.memory import StaleMemory
from pvm.engines.direct.mounts import NativeMounts
from pvm.engines.direct.proc import MULTIPLEXER_PATH, ProcFiles
from pvm.engines.direct.records import RECORD
from pvm.engines.direct.sites import ANSWERED_BY_SHIM, Sites
from pvm.engines.direct.synthetic import RootedAt
from pvm.engines.direct.syscalls.table import BY_NUMBER
from pvm.engines.direct.terminals import Terminals
from pvm.engines.direct.tracing import trace_call
from pvm.engines.direct.vdso import clock_page
from pvm.engines.direct.virtual_time import VirtualTime
from pvm.errors import GuestError
from pvm.kernel.clock import HostClock, VirtualClock
from pvm.kernel.fs.memfs import MemFs
from pvm.kernel.kernel import Kernel
from pvm.kernel.process import Process
from pvm.kernel.randomness import HostRandom, RandomSource, SeededRandom
from pvm.kernel.vfs.node import Node
from pvm.kernel.vfs.path import Location

if TYPE_CHECKING:
    from pvm.engines.direct.outside import Outside
    from pvm.engines.direct.publishing import PublishedPorts

SHM_PATH = "/dev/shm"  # noqa: S108 - a path of the guest
SHM_DEVICE = 91
STATUS_SIZE = 4
FIRST_INNER = 2
"""The number by which the first guest knows itself: 1 is the reaper."""

EMPTY = bytes(linux.NOTIFICATION.size)


class SocketNames:
    """The abstract addresses that stand for Unix sockets by path, and the paths that they were bound to."""

    def __init__(self) -> None:
        self.by_node: WeakKeyDictionary[Node, bytes] = WeakKeyDictionary()
        self.paths: dict[bytes, str] = {}


class Supervisor:
    """Runs what is in ``jail`` on ``kernel``; ``first`` is the image that the first guest is to get."""

    def __init__(  # noqa: PLR0913 - a keyword for each part of a run
        self,
        kernel: Kernel,
        jail: Jail,
        first: Image,
        *,
        hostname: str,
        memory_bytes: int,
        stack_bytes: int,
        working_directory: str = "/",
        mounts: NativeMounts | None = None,
        ports: PublishedPorts | None = None,
    ) -> None:
        self.kernel = kernel
        self.jail = jail
        self.hostname = hostname
        self.memory_bytes = memory_bytes
        self.trace = kernel.trace
        self._first_directory = working_directory
        self.listener = jail.listener_fd
        self.files = OpenFiles(jail, mounts)
        self.locks = Locks(self.files, lambda: descendants(jail.init_pid))
        self.links = StubLinks(jail)
        self.terminals = Terminals(jail)
        self.proc = self._proc_files()
        kernel.keep_host_files(self.files.new_store_file)
        self.processes: dict[int, GuestProcess] = {}
        self.fifos = Fifos(jail)
        self.timers = Timers()
        virtual = kernel.clock if isinstance(kernel.clock, VirtualClock) else None
        self.virtual_time = (
            None if virtual is None else VirtualTime(virtual, lambda: jail.init_pid, self.answer, self._hears_outside)
        )
        self.socket_names = SocketNames()
        self.outside = self._outside(ports)
        self.terminal = -1
        self._threads: dict[int, GuestProcess] = {}
        self._stack_bytes = stack_bytes
        self._first = first
        self._started = False
        self._named = False
        seeded = not isinstance(kernel.random, HostRandom)
        self._random_base = int.from_bytes(kernel.random.read(8), "little") if seeded else None
        self._buffer = bytearray(EMPTY)
        shared = kernel.clock if reads_shared_clock(kernel) else None
        self._clock_page = clock_page(shared) if isinstance(shared, VirtualClock) else None

    def _outside(self, ports: PublishedPorts | None) -> Outside | None:
        """What answers for the network outside, if there is any."""
        policy = self.kernel.network
        if policy is None or ports is None or self.jail.names_fd < 0:
            return None
        from pvm.engines.direct.nameserver import NameServer  # what few programs need is imported for them only
        from pvm.engines.direct.outside import Outside

        names = NameServer(policy, os.dup(self.jail.names_fd), None if self.trace is None else self._trace_apart)
        return Outside(policy, names, ports, lambda: open_identities(descendants(self.jail.init_pid)))

    def _hears_outside(self) -> bool:
        """Whether something may arrive from the network outside."""
        return self.outside is not None and self.outside.in_use

    def _trace_apart(self, line: str) -> None:
        """Show a line of another thread."""
        with self.kernel.lock:
            if self.trace is not None:
                self.trace(line)

    def _proc_files(self) -> ProcFiles:
        """What a personality brings along: made for the first jail of a kernel, and shared by all."""
        brought = self.kernel.attached("/proc")
        if isinstance(brought, ProcFiles):
            return brought
        made = ProcFiles(self)
        self.kernel.attach("/proc", made)
        self.kernel.attach("/dev/fd", RootedAt(made.descriptors()))
        self.kernel.attach("/dev/pts", RootedAt(made.terminals()))
        self.kernel.attach(MULTIPLEXER_PATH, RootedAt(made.multiplexer()))
        self.kernel.attach(SHM_PATH, MemFs(SHM_DEVICE, self.kernel.ledger, self.kernel.clock))
        return made

    # The loop.

    def run(
        self,
        streams: list[int],
        given: Callable[[], None],
        watch: Callable[[], float],
        first_watch: float,
        commands: Commands | None = None,
    ) -> int | None:
        """Serve until the first guest has ended; its wait status, or None if the jail was ended from outside.

        ``streams`` become its descriptors 0, 1 and 2; ``given`` is called when it has them.  ``watch`` is called after
        ``first_watch`` seconds, and gives the seconds until it wants to be called again.  ``commands`` are served
        meanwhile.
        """
        linux.wake_on_same_processor(self.listener)
        self._streams = list(streams)
        self._streams_given = given
        poll = select.poll()
        poll.register(self.listener, select.POLLIN)
        poll.register(self.jail.control, select.POLLIN)
        if commands is not None:
            commands.watch(poll)
        if self.outside is not None:
            self.outside.watch(poll)
        control = self.jail.control.fileno()
        due = time.monotonic() + first_watch
        while True:
            now = time.monotonic()
            if now >= due:
                due = now + watch()
                if self.outside is not None:
                    self.outside.look()
            ready = poll.poll(max(0, min(due - now, self._pause())) * 1000)
            for fd, events in ready:
                if fd == control:
                    message = self._control_message()
                    if len(message) in {0, STATUS_SIZE}:
                        return int.from_bytes(message, "little") if message else None
                elif self._serve_others(fd, poll, commands):
                    continue
                elif events & select.POLLIN:
                    self._serve()
                else:
                    poll.unregister(fd)
            if self.virtual_time is not None:
                with self.kernel.lock:
                    self.virtual_time.turn(quiet=not ready)

    def _pause(self) -> float:
        """The seconds after which those who wait for the virtual clock want to be looked at."""
        return float("inf") if self.virtual_time is None else self.virtual_time.pause

    def _serve_others(self, descriptor: int, poll: select.poll, commands: Commands | None) -> bool:
        """Serve a descriptor that is neither the listener nor the jail's; whether it is one."""
        if commands is not None and commands.serve(descriptor, poll):
            return True
        return self.outside is not None and self.outside.serve(descriptor)

    def _control_message(self) -> bytes:
        """What the jail says: nothing if it has ended, a wait status, or a late reply to a batch."""
        try:
            return self.jail.control.recv(BUFFER_SIZE)
        except OSError:
            return b""

    def close(self) -> None:
        """Give everything up; the jail has ended."""
        pending = [guest.pending for guest in self.processes.values() if guest.pending is not None]
        if not self._started and self._first not in pending:  # the first guest died before its first call
            pending.append(self._first)
        for image_left in pending:
            image_left.close()
        self.processes.clear()
        self._threads.clear()
        with self.kernel.lock:
            self.proc.leave(self)
        self.listener = -1
        self.fifos.close()
        if self.virtual_time is not None:
            self.virtual_time.close()
            self.virtual_time = None  # it refers to us
        if self.outside is not None:
            self.outside.close()
        if self.terminal >= 0:
            os.close(self.terminal)
            self.terminal = -1
        with self.kernel.lock:
            self.kernel.leave_host_files(self.files.new_store_file)
            self.locks.close()
            self.files.close()

    def _serve(self) -> None:
        """Take one call and answer it."""
        self._buffer[:] = EMPTY
        try:
            fcntl.ioctl(self.listener, linux.NOTIF_RECV, self._buffer)
        except OSError as error:
            if error.errno in {errno.ENOENT, errno.EINTR}:  # the caller died before its call was taken
                return
            raise
        ticket, tid, _, number, _, after, *args = linux.NOTIFICATION.unpack(self._buffer)
        with self.kernel.lock:
            answer = self._answer(ticket, tid, number, tuple(args), after)
        if answer != ANSWERED:
            self.answer(ticket, answer)

    def answer(self, ticket: int, answer: int) -> None:
        """Answer a call that waits, if it still does; from any thread."""
        listener = self.listener
        if listener < 0:  # the jail has ended
            return
        flags = linux.RESPONSE_CONTINUE if answer == CONTINUE else 0
        value, error_number = (0, 0) if flags else (answer, 0) if answer >= 0 else (0, answer)
        try:
            fcntl.ioctl(listener, linux.NOTIF_SEND, linux.RESPONSE.pack(ticket, value, error_number, flags))
        except FileNotFoundError:  # the caller has died
            return

    def _answer(self, ticket: int, tid: int, number: int, args: tuple[int, ...], after: int) -> int:
        for _ in range(2):
            guest = self._threads.get(tid) or self._adopt(tid)
            if guest is None:
                return -errno.ESRCH
            self.proc.serve(self, guest)
            call = Call(self, guest, ticket, tid, number, args, after)
            try:
                return self._perform(call)
            except StaleMemory:  # the number belongs to another process by now, or its program was replaced
                self._drop_thread(tid)
            except OSError:  # about a process that has died, else it is a bug of ours
                if call.is_waiting():
                    raise
                self.forget_thread(tid)
                return -errno.ESRCH
        return -errno.EFAULT

    def _perform(self, call: Call) -> int:
        if call.number == RECORDS_CALL:
            return self._load(call)
        if not self._started:  # the launcher's last calls, the one that executes the stub among them
            return CONTINUE
        if self.trace is not None:
            return trace_call(call, self._dispatch, self.trace)
        if call.number in ANSWERED_BY_SHIM and call.guest.sites is not None:
            call.guest.sites.lead_to_shim(call.guest.pid, call.guest.memory, call.after, call.number)
        return self._dispatch(call)

    def _dispatch(self, call: Call) -> int:
        handler = HANDLERS.get(call.number)
        if handler is None:
            return self._unhandled(call)
        try:
            return handler(call)
        except GuestError as error:
            return -error.errno

    def _unhandled(self, call: Call) -> int:
        """A call that comes here for the trace only."""
        row = BY_NUMBER.get(call.number)
        assert row is not None, "the filter sends nothing that is not in the table"
        return -row.errno if row.errno else CONTINUE

    # Processes.

    def _adopt(self, tid: int) -> GuestProcess | None:
        """Find out which process a thread belongs to."""
        first = tid == self.jail.guest_pid and not self.processes
        found = Identification(tid, self.jail.init_pid, FIRST_INNER) if first else identify(tid)
        if found is None:
            return None
        guest = self.processes.get(found.process)
        if guest is None:
            guest = self._new_process(found.process, found.inner, found.parent)
        if guest is not None:
            self._threads[tid] = guest
        return guest

    def _new_process(self, pid: int, inner: int, parent_pid: int) -> GuestProcess | None:
        """Remember a process, which has what its parent had when it was forked."""
        parent = self.processes.get(parent_pid)
        if parent is None and parent_pid != self.jail.init_pid and pid != self.jail.guest_pid:
            parent = self._adopt(parent_pid)  # one that has made no call yet: it has what its own parent had
        try:
            if parent is not None:
                view = parent.view.standing_at(parent.view.cwd)
                guest = GuestProcess(pid, inner, parent_pid, view, parent.umask, parent.invocation)
                guest.program_path = parent.program_path
            else:
                view = Process(self.kernel, (), {}, self.kernel.root)
                view.cwd = view.walk(self._first_directory).existing()
                guest = GuestProcess(pid, inner, parent_pid, view, 0o022, self._first.invocation)
                if pid == self.jail.guest_pid and not self._started:
                    guest.pending = self._first
        except OSError:  # it has died
            return None
        self.processes[pid] = guest
        return guest

    def process(self, pid: int) -> GuestProcess | None:
        """The process with this number of the host, if it lives in the jail."""
        return self.processes.get(pid) or self._adopt(pid)

    def adopt_children(self, guest: GuestProcess) -> None:
        """Remember the children of a process before what they inherited changes."""
        for pid in children(guest.pid):
            if pid not in self.processes:
                self._adopt(pid)

    def forget_thread(self, tid: int) -> None:
        """A thread ends."""
        self._threads.pop(tid, None)

    def forget_process(self, guest: GuestProcess) -> None:
        """A process ends."""
        self.processes.pop(guest.pid, None)
        if guest.pending is not None and self._started:  # it died before its stub had mapped it
            guest.pending.close()
            guest.pending = None
        for tid in [tid for tid, owner in self._threads.items() if owner is guest]:
            del self._threads[tid]

    def _drop_thread(self, tid: int) -> None:
        guest = self._threads.pop(tid, None)
        if guest is not None and (found := identify(tid)) is not None and found.process == guest.pid:
            try:
                fresh = type(guest.memory)(guest.pid)
            except OSError:
                self.forget_process(guest)
                return
            guest.memory = fresh
        elif guest is not None:
            self.forget_process(guest)

    def sweep(self) -> None:
        """Give up the files that no guest has open any more."""
        self.files.sweep(descendants(self.jail.init_pid))

    def reap(self, alive: Collection[int]) -> None:
        """Forget the processes that died by a signal, so that nobody heard of it; ``alive`` are those that were found.

        One that was not found may have been missed while it changed parents, so it is looked for.
        """
        for pid in self.processes.keys() - alive:
            if identify(pid) is None:
                self.forget_process(self.processes[pid])
        with self.kernel.lock:
            self.locks.end_cheats()

    # Programs.

    def check_image(self, new: Image) -> None:
        """Refuse a program whose arguments do not fit its stack."""
        checked_start(new.invocation, self._stack_bytes, b"")

    def _load(self, call: Call) -> int:
        """Answer the stub: the records that map the program, then those that enter it."""
        guest = call.guest
        new = guest.pending
        buffer, top, left = call.args[:3]
        if new is None or buffer != BUFFER:
            return -errno.ENOSYS
        try:
            if new.files:
                return self._map(call, new, top)
            return self._enter(call, new, top, left)
        except GuestError as error:
            return -error.errno

    def _map(self, call: Call, new: Image, top: int) -> int:
        guest = call.guest
        self._started = True
        takes_terminal = False
        guest.memory = type(guest.memory)(guest.pid)
        if guest.pid == self.jail.guest_pid and self._streams:
            for number, descriptor in enumerate(self._streams):
                call.put_descriptor(descriptor, number)
            if os.isatty(self._streams[0]):
                self.terminal = os.dup(self._streams[0])
            takes_terminal = self.terminal >= 0
            self._streams = []
            self._streams_given()
        descriptors = [call.put_descriptor(file.host_fd()) for file in new.files]
        clock = -1 if self._clock_page is None else call.put_descriptor(self._clock_page.descriptor)
        guest.sites = self._give_mounts(call)
        marks = -1 if self.files.marks is None else call.put_descriptor(self.files.marks.descriptor)
        start = checked_start(new.invocation, self._stack_bytes, bytes(16))
        size = len(image.stack_image(top, start, [(0, 0)] * 20)[1])
        lowest = top - size - PAGE if size > image.STACK_READY else 0
        batch = image.map_image(
            new.main,
            new.linker,
            descriptors,
            lowest,
            takes_terminal=takes_terminal,
            regions=guest.sites is not None,
            clock=clock,
            marks=marks,
        )
        guest.memory.write(BUFFER, batch.pack())
        new.close()
        guest.pending = new._replace(files=())
        guest.invocation = new.invocation
        guest.program_path = new.location.path()
        return len(batch)

    def _enter(self, call: Call, new: Image, top: int, left: int) -> int:
        guest = call.guest
        guest.pending = None
        if left:  # a record failed: the program does not fit into the address space, and there is no way back
            os.kill(guest.pid, signal.SIGKILL)
            return -errno.ENOMEM
        if guest.sites is not None:
            for place in range(len(image.region_addresses(new.main, new.linker))):
                guest.sites.add_region(int.from_bytes(guest.memory.read(BUFFER + place * RECORD.size, 8), "little"))
        for placed in (new.main, new.linker):
            for address, size in [] if placed is None else image.tails(placed):
                guest.memory.write(address, bytes(size))
        host = read_vector(guest.pid)
        vdso = VDSO if self._clock_page is not None else 0
        if self.uses_host_clock:
            vdso = host.get(image.AT_SYSINFO_EHDR, 0)
        vector = image.auxiliary_vector(new.main, new.linker, host, vdso)
        start = checked_start(new.invocation, self._stack_bytes, self.random_for(guest).read(16))
        pointer, content = image.stack_image(top, start, vector)
        guest.memory.write(pointer, content)
        entry = (new.linker or new.main).entry
        unmapped = None if self.uses_host_clock else mapped_range(guest.pid, "[vdso]", "[vvar]")
        name = b"" if self._named else new.location.name.encode()
        self._named = True
        batch = image.enter_image(pointer, entry, unmapped, name, executable_stack=new.main.program.executable_stack)
        guest.memory.write(BUFFER, batch.pack())
        return len(batch)

    def _give_mounts(self, call: Call) -> Sites | None:
        """Give a new program the descriptors that the shim needs; None if there is nothing for it to do."""
        mounts = self.files.mounts
        if mounts is None or not mounts.descriptors:
            return None
        guest = call.guest
        try:
            if not mounts.are_given(guest.descriptors):
                with above_limit(guest.pid):
                    for number in mounts.descriptors:
                        with mounts.opened(number) as descriptor:
                            call.put_descriptor(descriptor, number)
            if not mounts.has_working_directory(guest.descriptors):
                self.show_working_directory(call, guest.view.cwd)
        except (GuestError, OSError):  # the guest has lowered its limit, or has died
            return None
        return Sites()

    def show_working_directory(self, call: Call, place: Location) -> None:
        """Let the shim know the new working directory of a process, before it changes.

        One that is in no mount is a descriptor in which nothing is found, if there was another before.
        """
        mounts = self.files.mounts
        if mounts is None or not mounts.descriptors:
            return
        descriptor = mounts.open_directory(place)
        if descriptor < 0:
            if not mounts.has_working_directory(call.guest.descriptors):
                return
            descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with above_limit(call.guest.pid):
                call.put_descriptor(descriptor, mounts.working_directory)
        except (GuestError, OSError):
            raise GuestError(errno.ENFILE) from None
        finally:
            os.close(descriptor)

    def random_for(self, guest: GuestProcess) -> RandomSource:
        """The randomness of a process: with a seed each has its own, so that it does not depend on what others do."""
        if self._random_base is None:
            return self.kernel.random
        if guest.random is None:
            guest.random = SeededRandom(self._random_base + guest.inner_pid)
        return guest.random

    @property
    def uses_host_clock(self) -> bool:
        """Whether guests may read the host's clocks themselves."""
        return isinstance(self.kernel.clock, HostClock)

    def file_system_state(self) -> bytes:
        """``struct statfs`` of the whole virtual file system: its quotas."""
        quotas, used = self.kernel.ledger.quotas, self.kernel.usage()
        blocks = quotas.bytes // layouts.BLOCK
        free = max(0, quotas.bytes - used.bytes) // layouts.BLOCK
        return layouts.pack_statfs(blocks, free, quotas.files, max(0, quotas.files - used.files))


@contextmanager
def above_limit(pid: int) -> Iterator[None]:
    """Let descriptors be put behind those that a guest may open; raises OSError."""
    soft, hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (soft, hard))


def reads_shared_clock(kernel: Kernel) -> bool:
    """Whether guests read a virtual clock in memory, which a trace would not see."""
    return isinstance(kernel.clock, VirtualClock) and kernel.trace is None


def read_vector(pid: int) -> dict[int, int]:
    """The auxiliary vector that the host's kernel gave the stub."""
    try:
        with open(f"/proc/{pid}/auxv", "rb") as file:  # noqa: PTH123 - on the path of every execve
            data = file.read()
    except OSError:
        raise StaleMemory from None
    words = [int.from_bytes(data[place : place + 8], "little") for place in range(0, len(data), 8)]
    return dict(zip(words[::2], words[1::2], strict=True))


def mapped_range(pid: int, *names: str) -> tuple[int, int] | None:
    """Start and length of what the host's kernel has mapped under these names."""
    found: list[int] = []
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as file:  # noqa: PTH123 - a file of the host
        for line in file:
            if line.rstrip().endswith(names):
                found += [int(address, 16) for address in line.split()[0].split("-")]
    return (min(found), max(found) - min(found)) if found else None
