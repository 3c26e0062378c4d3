"""The jail: namespaces, an empty read-only root, no privileges, Landlock and the filter, before a guest begins.

Every step is a batch of system calls that the launcher performs (``records.py``), so this module reads as the
list of what is done.  Each wall that stands is named in ``Jail.walls``; one that cannot be built
raises ``ContainmentError``, unless the caller lowered it by name.

Three processes take part.  The one that the host starts makes the namespaces and forks process 1 of the jail,
which gives its capabilities away, forks the first guest, and from then on reaps.  When process 1 dies, or the
supervisor does, the host's kernel ends everything in the jail.
"""

from __future__ import annotations

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import NamedTuple

from pvm.engines.direct import linux, machine_code
from pvm.engines.direct.machine_code import CONTROL_FD, LEAVE, REAP, SIGNAL_FD
from pvm.engines.direct.mounts import NativeMounts
from pvm.engines.direct.records import RECORD, Batch, Pointing, results
from pvm.errors import ContainmentError, UsageError

WALLS = (
    "user-namespace",
    "mount-namespace",
    "pid-namespace",
    "network-namespace",
    "ipc-namespace",
    "uts-namespace",
    "empty-root",
    "no-new-privileges",
    "no-capabilities",
    "landlock",
    "seccomp",
)
LOWERABLE = frozenset({"network-namespace", "ipc-namespace", "uts-namespace", "landlock"})
"""The walls that a caller may do without; nothing works without the others."""

NAMESPACES = {
    "mount-namespace": linux.CLONE_NEWNS,
    "pid-namespace": linux.CLONE_NEWPID,
    "network-namespace": linux.CLONE_NEWNET,
    "ipc-namespace": linux.CLONE_NEWIPC,
    "uts-namespace": linux.CLONE_NEWUTS,
}
NOBODY = 65_534
"""Who a guest is on the host when the host's root starts it."""

LANDLOCK_RIGHTS = {1: 0x1FFF, 2: 0x3FFF, 3: 0x7FFF, 5: 0xFFFF}
LANDLOCK_EXECUTE_READ, LANDLOCK_READ_LIST = 0b101, 0b1100
LANDLOCK_NETWORK = 0b11
"""Binding and connecting TCP sockets, which the supervisor does for guests where there is a network outside."""

MOUNT_FD, MOUNT_FD_LAST = 64, 95
"""Where the launcher keeps the clones of mounts until Landlock knows them."""

LISTENER_FD = 4
"""The listener's number in the first guest process, where nothing but 0 to 3 is open."""

STUB_NAME = b".stub"
LOWEST_PORT = b"/proc/sys/net/ipv4/ip_unprivileged_port_start\0"

ROOT_INODES = 16_384
TERMINALS_MAX = 64
WAIT_SECONDS = 20.0
"""The longest that one step may take, on however busy a machine, before the launcher counts as stuck."""


class Confinement(NamedTuple):
    """What the jail is to be: ``limits`` by resource number, the filter program, the size of the file store.

    ``name_server`` is the address at which guests ask for names, where there is a network outside; ``routes`` are
    messages to the host's kernel about the jail's network.
    """

    hostname: str
    filter_program: bytes
    limits: Mapping[int, tuple[int, int]]
    store_bytes: int
    store_files: int
    lowered: Collection[str] = ()
    mounts: NativeMounts | None = None
    vdso: bytes = b""
    name_server: bytes = b""
    routes: Sequence[bytes] = ()


class Jail:
    """A jail with its first guest process, which is about to execute the stub.

    ``root_fd`` is the jail's root, writable from here only; ``store_fd`` a private file system for what
    guests have open, ``terminals_fd`` one of pseudo-terminals, or -1; ``names_fd`` is the socket where guests ask for
    names, or -1; ``listener_fd`` is where filtered system calls arrive.
    """

    def __init__(self, confinement: Confinement) -> None:
        self.walls: list[str] = []
        self.init_pid = self.guest_pid = 0
        self.root_fd = self.store_fd = self.listener_fd = self.init_pidfd = self.terminals_fd = -1
        self.names_fd = -1
        self._confinement = confinement
        self._cloned: dict[int, int] = {}
        self._privileged = os.geteuid() == 0 and is_mapped(NOBODY, "uid_map") and is_mapped(NOBODY, "gid_map")
        self.control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.control.settimeout(WAIT_SECONDS)
        try:
            with other:
                try:
                    self._launcher_pid = start_launcher(other.fileno())
                except OSError as error:
                    raise ContainmentError([], f"the launcher cannot be started: {error.strerror}") from None
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self) -> None:
        self._become_nobody()
        self._enter_namespaces()
        self._make_root(self._clone_mounts())
        self._fork_processes()
        self._confine()

    def _perform(self, batch: Batch, wall: str) -> list[int]:
        """Have the launcher perform a batch; a failed call means that ``wall`` cannot be built."""
        found = self._try(batch)
        check(batch, found, wall)
        return found

    def _try(self, batch: Batch) -> list[int]:
        """Have the launcher perform a batch."""
        self._send(batch)
        return results(self._receive()[0], len(batch))

    def _send(self, batch: Batch) -> None:
        self.control.send(RECORD.pack(len(batch), *[0] * 7) + batch.pack())

    def _receive(self) -> tuple[bytes, int]:
        """A reply and the process that it came from."""
        try:
            message, ancillary, _, _ = self.control.recvmsg(machine_code.BUFFER_SIZE, socket.CMSG_SPACE(12))
        except TimeoutError:
            raise ContainmentError([], "the launcher does not answer") from None
        if not message:
            raise ContainmentError([], "the launcher ended")
        sender = next(
            (struct.unpack("3i", data)[0] for _, kind, data in ancillary if kind == socket.SCM_CREDENTIALS), 0
        )
        return message[RECORD.size :], sender

    def _become_nobody(self) -> None:
        batch = Batch()
        batch.add(linux.CLOSE_RANGE, SIGNAL_FD, 0xFFFF_FFFF, 0)
        if self._privileged:
            batch.add(linux.SETGROUPS, 0, 0, then=0)  # a container may forbid it, whose groups mean little
        batch.add(linux.UNSHARE, linux.CLONE_NEWUSER)
        self._perform(batch, "user-namespace")
        uid, gid = (NOBODY, NOBODY) if self._privileged else (os.geteuid(), os.getegid())
        try:
            self._write_process_file("setgroups", "deny")
            self._write_process_file("uid_map", f"0 {uid} 1")
            self._write_process_file("gid_map", f"0 {gid} 1")
        except OSError as error:
            raise missing("user-namespace", str(error.strerror)) from None
        self._owner = uid, gid
        self.walls.append("user-namespace")

    def _write_process_file(self, name: str, text: str) -> None:
        descriptor = os.open(f"/proc/{self._launcher_pid}/{name}", os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)

    def _enter_namespaces(self) -> None:
        batch = Batch()
        batch.add(linux.SETRESGID, 0, 0, 0)
        batch.add(linux.SETRESUID, 0, 0, 0)
        first = len(batch)
        for flag in NAMESPACES.values():
            batch.add(linux.UNSHARE, flag, then=0)
        found = self._perform(batch, "user-namespace")
        for name, value in zip(NAMESPACES, found[first:], strict=True):
            self._stand(name, value)
        batch = Batch()
        if "uts-namespace" in self.walls:
            hostname = self._confinement.hostname.encode()
            batch.add(linux.SETHOSTNAME, hostname, len(hostname))
        if "network-namespace" in self.walls:
            request = struct.pack("16sH22x", b"lo", 0x41)  # IFF_UP | IFF_RUNNING
            batch.add(linux.SOCKET, socket.AF_INET, socket.SOCK_DGRAM, 0)
            batch.add(linux.IOCTL, SIGNAL_FD, 0x8914, request, then=0)  # SIOCSIFFLAGS
            batch.add(linux.CLOSE, SIGNAL_FD)
            batch.add(linux.OPENAT, linux.AT_FDCWD, LOWEST_PORT, os.O_WRONLY, 0, then=0)
            batch.add(linux.WRITE, SIGNAL_FD, b"0", 1, then=0)  # a guest is root, who may have every port
            batch.add(linux.CLOSE, SIGNAL_FD, then=0)
        self._perform(batch, "network-namespace")
        if self._confinement.name_server:
            self._make_name_server(self._confinement.name_server)

    def _make_name_server(self, address: bytes) -> None:
        """Make the socket at which guests ask for names, in their network, and take it out of there."""
        batch = Batch()
        batch.add(linux.SOCKET, socket.AF_NETLINK, socket.SOCK_RAW, 0)
        for message in self._confinement.routes:
            batch.add(linux.WRITE, SIGNAL_FD, message, len(message))
        batch.add(linux.CLOSE, SIGNAL_FD)
        batch.add(linux.SOCKET, socket.AF_INET, socket.SOCK_DGRAM, 0)
        batch.add(linux.BIND, SIGNAL_FD, address, len(address))
        self._perform(batch, "network-namespace")
        with pidfd(self._launcher_pid) as launcher:
            self.names_fd = linux.syscall(linux.PIDFD_GETFD, launcher, SIGNAL_FD, 0)
        batch = Batch()
        batch.add(linux.CLOSE, SIGNAL_FD)
        self._perform(batch, "network-namespace")

    def _stand(self, wall: str, result: int) -> None:
        """Note that a wall stands, or that it is missing and may be."""
        if result >= 0:
            self.walls.append(wall)
        elif wall not in self._confinement.lowered:
            raise missing(wall, os.strerror(-result))

    def _clone_mounts(self) -> bytes:
        """Clone the mounts that guests may look into by themselves; gives the shim's table of them.

        What cannot be cloned, for want of rights on the way or an old kernel, is answered by the supervisor.
        """
        batch = Batch()
        batch.add(linux.MOUNT, 0, b"/\0", 0, linux.MS_REC | linux.MS_PRIVATE, 0)
        mounts = self._confinement.mounts
        flags = linux.OPEN_TREE_CLONE | linux.O_CLOEXEC | linux.AT_RECURSIVE
        for source in [] if mounts is None else mounts.sources:
            batch.add(linux.OPEN_TREE, linux.AT_FDCWD, os.fsencode(source) + b"\0", flags, then=0)
        clones = self._perform(batch, "mount-namespace")[1:]
        if mounts is None:
            return machine_code.NO_TABLE
        attributes = struct.pack("<4Q", 0b111, 0, 0, 0)  # read-only, no set-uid, no devices
        batch = Batch()
        for clone in clones:
            flags = linux.AT_EMPTY_PATH | linux.AT_RECURSIVE
            batch.add(linux.MOUNT_SETATTR, clone, b"\0", flags, attributes, len(attributes), then=0)
        ready = [clone >= 0 and found == 0 for clone, found in zip(clones, self._try(batch), strict=True)]
        batch = Batch()
        for place, (clone, usable) in enumerate(zip(clones, ready, strict=True)):
            if usable:
                batch.add(linux.DUP3, clone, MOUNT_FD + place, linux.O_CLOEXEC)
        batch.add(linux.CLOSE_RANGE, SIGNAL_FD, MOUNT_FD - 1, 0)
        self._perform(batch, "mount-namespace")
        with pidfd(self._launcher_pid) as launcher:
            fetched = [
                linux.syscall(linux.PIDFD_GETFD, launcher, MOUNT_FD + place, 0) if usable else -1
                for place, usable in enumerate(ready)
            ]
        table = mounts.adopt(fetched)
        self._cloned = {MOUNT_FD + place: number for place, number in mounts.numbers.items()}
        return table

    def _make_root(self, table: bytes) -> None:
        """Make the root, whose only file is the stub, and go there; the host's tree is out of reach then."""
        stub = machine_code.stub(table, self._confinement.vdso)
        batch = Batch()
        add_tmpfs(batch, 4, {"size": "4m", "nr_inodes": str(ROOT_INODES), "mode": "0755"})  # descriptors 4, 5
        size, files = self._confinement.store_bytes, self._confinement.store_files
        add_tmpfs(batch, 6, {"size": str(size), "nr_inodes": str(files), "mode": "0700"})  # 6, 7
        batch.add(linux.OPENAT, 5, STUB_NAME + b"\0", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o555)
        batch.add(linux.WRITE, 8, stub, len(stub))
        batch.add(linux.CLOSE, 8)
        batch.add(linux.MOVE_MOUNT, 5, b"\0", linux.AT_FDCWD, b"/\0", 4)  # MOVE_MOUNT_F_EMPTY_PATH
        batch.add(linux.OPEN_TREE, 5, b"\0", 0x80001 | linux.AT_EMPTY_PATH)  # a writable clone: 8
        attributes = struct.pack("<4Q", 0b111, 0, 0, 0)  # read-only, no set-uid, no devices
        batch.add(linux.MOUNT_SETATTR, 5, b"\0", linux.AT_EMPTY_PATH, attributes, len(attributes))
        batch.add(linux.FCHDIR, 5)
        batch.add(linux.PIVOT_ROOT, b".\0", b".\0")
        batch.add(linux.UMOUNT2, b".\0", linux.MNT_DETACH)
        terminals = add_terminals(batch, 9)  # 9, 10
        has_terminals = self._perform(batch, "empty-root")[terminals] >= 0
        with pidfd(self._launcher_pid) as launcher:
            if has_terminals:
                self.terminals_fd = linux.syscall(linux.PIDFD_GETFD, launcher, 10, 0)
            self.store_fd = linux.syscall(linux.PIDFD_GETFD, launcher, 7, 0)
            self.root_fd = linux.syscall(linux.PIDFD_GETFD, launcher, 8, 0)
        self.walls.append("empty-root")

    def _fork_processes(self) -> None:
        batch = Batch()
        batch.add(linux.CLOSE_RANGE, SIGNAL_FD, MOUNT_FD - 1, 0)
        mask = struct.pack("<Q", 1 << linux.SIGCHLD - 1)
        batch.add(linux.RT_SIGPROCMASK, 0, mask, 0, 8)
        batch.add(linux.SIGNALFD4, -1, mask, 8, os.O_CLOEXEC | os.O_NONBLOCK)
        fork_init = batch.add(linux.CLONE, linux.CLONE_PARENT | linux.SIGCHLD, 0, 0, 0, 0, then=LEAVE)
        batch.add(linux.PRCTL, linux.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        for capability in range(linux.CAP_LAST + 1):
            batch.add(linux.PRCTL, linux.PR_CAPBSET_DROP, capability, 0, 0, 0, then=0)
        batch.add(linux.PRCTL, linux.PR_SET_SECUREBITS, linux.SECURE_BITS, 0, 0, 0)
        batch.add(linux.CAPSET, struct.pack("<II", 0x20080522, 0), bytes(24))
        fork_guest = batch.add(linux.CLONE, linux.SIGCHLD, 0, 0, 0, 0, then=REAP)
        batch.add(linux.RT_SIGPROCMASK, 2, bytes(8), 0, 8)
        batch.add(linux.CLOSE, SIGNAL_FD)
        batch.add(linux.SETSID)  # else a signal to its process group would reach the host's processes in it
        self._send(batch)
        for _ in range(3):  # each of the three processes replies, in whatever order
            reply, sender = self._receive()
            found = results(reply, len(batch))
            check(batch, found, "pid-namespace" if found[fork_init] < 0 else "no-capabilities")
            if found[fork_init] > 0:
                self.init_pid = found[fork_init]
                self.init_pidfd = os.pidfd_open(self.init_pid)
                os.waitpid(self._launcher_pid, 0)
                self._launcher_pid = 0
            elif found[fork_guest] == 0:
                self.guest_pid = sender
        self.walls += ["no-new-privileges", "no-capabilities"]

    def _confine(self) -> None:
        confinement = self._confinement
        batch = Batch()
        batch.add(linux.UMASK, 0o022)
        for clone, descriptor in self._cloned.items():
            if descriptor > MOUNT_FD_LAST:  # others are given by the supervisor
                batch.add(linux.DUP3, clone, descriptor, 0, then=0)
        for number, pair in confinement.limits.items():
            batch.add(linux.PRLIMIT64, 0, number, struct.pack("<QQ", *pair), 0)
        self._perform(batch, "seccomp")
        self._restrict_files()
        program = struct.pack("<HxxxxxxQ", len(confinement.filter_program) // 8, 0)
        batch = Batch()
        flags = linux.FILTER_NEW_LISTENER | linux.FILTER_WAIT_KILLABLE
        pointer = Pointing(program, 8, confinement.filter_program)
        batch.add(linux.SECCOMP, linux.SECCOMP_SET_MODE_FILTER, flags, pointer)
        self._send(batch)
        self.listener_fd = self._take_listener(batch)
        self.walls.append("seccomp")
        batch = Batch()
        batch.add(linux.CLOSE, LISTENER_FD)
        batch.add(linux.FCNTL, CONTROL_FD, 2, 1)  # F_SETFD, FD_CLOEXEC
        batch.add(linux.EXECVE, STUB_NAME + b"\0", bytes(8), bytes(8))
        self._send(batch)

    def _take_listener(self, batch: Batch) -> int:
        """Fetch the listener from the guest, whose reply itself may wait for the supervisor when all is traced."""
        deadline = time.monotonic() + WAIT_SECONDS
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        with pidfd(self.guest_pid) as guest:
            while time.monotonic() < deadline:
                if poll.poll(1):
                    check(batch, results(self._receive()[0], len(batch)), "seccomp")
                try:
                    return linux.syscall(linux.PIDFD_GETFD, guest, LISTENER_FD, 0)
                except OSError as error:
                    if error.errno != errno.EBADF:
                        raise
        raise missing("seccomp", "the listener does not appear")

    def _restrict_files(self) -> None:
        """Let Landlock refuse everything but reading and executing the stub."""
        version = landlock_version()
        if version < 0:
            self._stand("landlock", version)
            return
        rights = LANDLOCK_RIGHTS[max(known for known in LANDLOCK_RIGHTS if known <= version)]
        scoped = 3 if version >= 6 else 0  # abstract sockets and signals
        size = 24 if version >= 6 else 16 if version >= 4 else 8
        batch = Batch()
        network = LANDLOCK_NETWORK if version >= 4 and self._confinement.name_server else 0
        batch.add(linux.LANDLOCK_CREATE_RULESET, struct.pack("<QQQ", rights, network, scoped), size, 0)
        batch.add(linux.OPENAT, linux.AT_FDCWD, b"/\0", os.O_PATH | os.O_CLOEXEC, 0)
        batch.add(linux.LANDLOCK_ADD_RULE, 4, 1, struct.pack("<Qi", LANDLOCK_EXECUTE_READ, 5), 0)
        for descriptor in self._cloned:
            batch.add(linux.LANDLOCK_ADD_RULE, 4, 1, struct.pack("<Qi", LANDLOCK_READ_LIST, descriptor), 0)
        batch.add(linux.LANDLOCK_RESTRICT_SELF, 4, 0)
        batch.add(linux.CLOSE_RANGE, 4, MOUNT_FD_LAST, 0)
        self._perform(batch, "landlock")
        self.walls.append("landlock")

    @contextmanager
    def as_owner(self) -> Iterator[None]:
        """Make files in the jail's file systems, which know only the guest's identity."""
        if not self._privileged:
            yield
            return
        linux.set_file_identity(*self._owner)
        try:
            yield
        finally:
            linux.set_file_identity(0, 0)

    def kill(self) -> None:
        """End everything in the jail at once."""
        if self.init_pidfd >= 0:
            try:
                linux.syscall(424, self.init_pidfd, 9, 0, 0)  # pidfd_send_signal
            except ProcessLookupError:
                return

    def close(self) -> None:
        """End everything in the jail and give the host's resources back."""
        self.kill()
        self.control.close()
        for pid in (getattr(self, "_launcher_pid", 0), self.init_pid):
            if pid:
                try:
                    os.waitpid(pid, 0)
                except ChildProcessError:  # somebody in this process waits for all children
                    continue
        for name in ("root_fd", "store_fd", "listener_fd", "init_pidfd", "terminals_fd", "names_fd"):
            descriptor: int = getattr(self, name)
            if descriptor >= 0:
                os.close(descriptor)
            setattr(self, name, -1)
        self._launcher_pid = self.init_pid = 0


@cache
def landlock_version() -> int:
    """Which version of Landlock the host's kernel has, or a negated errno."""
    try:
        return linux.syscall(linux.LANDLOCK_CREATE_RULESET, 0, 0, 1)
    except OSError as error:
        return -(error.errno or errno.ENOSYS)


def check_lowered(walls: Collection[str]) -> None:
    """Refuse to lower what is no wall, or no wall that can be done without."""
    unknown = sorted(set(walls) - LOWERABLE)
    if unknown:
        raise UsageError(f"cannot lower {', '.join(unknown)}: expected one of {', '.join(sorted(LOWERABLE))}")


def missing(wall: str, reason: str) -> ContainmentError:
    """The error for a wall that cannot be built."""
    return ContainmentError([wall], f"{wall}: {reason}", [wall] if wall in LOWERABLE else [])


def check(batch: Batch, found: list[int], wall: str) -> None:
    """Refuse to go on where a call failed: ``wall`` cannot be built."""
    failure = batch.failure(found)
    if failure:
        raise missing(wall, os.strerror(-failure))


def add_tmpfs(batch: Batch, descriptor: int, options: Mapping[str, str]) -> None:
    """Make a file system in memory that is mounted nowhere, through ``descriptor``; it is the next descriptor."""
    batch.add(linux.FSOPEN, b"tmpfs\0", 1)
    for name, value in options.items():
        batch.add(linux.FSCONFIG, descriptor, 1, name.encode() + b"\0", value.encode() + b"\0", 0)
    batch.add(linux.FSCONFIG, descriptor, 6, 0, 0, 0)  # FSCONFIG_CMD_CREATE
    batch.add(linux.FSMOUNT, descriptor, 1, 0b110)  # no set-uid, no devices


def add_terminals(batch: Batch, descriptor: int) -> int:
    """Make a file system of pseudo-terminals that is mounted nowhere, if the host can; the index of the last record."""
    batch.add(linux.FSOPEN, b"devpts\0", 1, then=0)
    for name, value in {"ptmxmode": "0666", "mode": "0620", "max": str(TERMINALS_MAX)}.items():
        batch.add(linux.FSCONFIG, descriptor, 1, name.encode() + b"\0", value.encode() + b"\0", 0, then=0)
    batch.add(linux.FSCONFIG, descriptor, 6, 0, 0, 0, then=0)  # FSCONFIG_CMD_CREATE
    return batch.add(linux.FSMOUNT, descriptor, 1, 0b010, then=0)  # no set-uid


def is_mapped(identity: int, name: str) -> bool:
    """Whether this process's user namespace knows a user or group: that of a container may know few."""
    with open(f"/proc/self/{name}", encoding="ascii") as file:  # noqa: PTH123 - a file of the host's kernel
        ranges = [tuple(map(int, line.split())) for line in file]
    return any(first <= identity < first + count for first, _, count in ranges)


@contextmanager
def pidfd(pid: int) -> Iterator[int]:
    """A descriptor of a process, for a while."""
    descriptor = os.pidfd_open(pid)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def start_launcher(control: int, others: Mapping[int, int] | None = None) -> int:
    """Start the launcher with nothing of this process but one end of the control socket, and ``others`` by number.

    Raises OSError.
    """
    wanted = dict(others or {})
    least = max(MOUNT_FD, *wanted) + 1 if wanted else MOUNT_FD
    with ExitStack() as opened:

        def above(descriptor: int) -> int:
            """A duplicate whose number is not wanted."""
            number = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, least)
            opened.callback(os.close, number)
            return number

        made = os.memfd_create("pvm-launcher", os.MFD_CLOEXEC)
        opened.callback(os.close, made)
        os.write(made, machine_code.launcher())
        given = [(os.POSIX_SPAWN_DUP2, above(descriptor), number) for number, descriptor in wanted.items()]
        null = [(os.POSIX_SPAWN_OPEN, fd, os.devnull, os.O_RDWR, 0) for fd in range(3)]
        return os.posix_spawn(
            f"/proc/self/fd/{above(made)}",
            ["pvm"],
            {},
            file_actions=[*null, (os.POSIX_SPAWN_DUP2, control, CONTROL_FD), *given],
            setsigmask=[],
            setsigdef=[signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT],
        )
