"""``/proc`` as guests see it: their own processes by the numbers that they know, and an invented machine.

Nothing of the host is passed on but what a guest could measure itself: processor times, sizes of its own
processes, the layout of its own memory without the names of host files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pvm.engines.direct.guest import GuestProcess, descendants
from pvm.engines.direct.mounts import NativeMounts
from pvm.engines.direct.synthetic import Folder, Link, MagicLink, Text
from pvm.engines.direct.terminals import MULTIPLEXER, TerminalNode
from pvm.errors import GuestError
from pvm.kernel.abi import Errno
from pvm.kernel.vfs.node import FileSystem, Node, Stat

if TYPE_CHECKING:
    from pvm.engines.direct.calls.call import Call
    from pvm.engines.direct.supervisor import Supervisor

DEVICE = 90
MULTIPLEXER_PATH = f"/dev/{MULTIPLEXER}"
OWN_DESCRIPTOR = re.compile(r"/(?:proc/(?:self|thread-self|(\d+))/fd|dev/fd)/(\d+)|/dev/std(in|out|err)")
STANDARD = {"in": 0, "out": 1, "err": 2}
SYNTHETIC_NAMES = ("pipe:", "socket:", "anon_inode:", "/dev/")
BOOT_ID = "70766d00-0000-4000-8000-000000000000\n"
STATUS_SHOWN = frozenset(
    {"Name", "Umask", "State", "FDSize", "VmPeak", "VmSize", "VmRSS", "VmData", "VmStk", "Threads"}
    | {"SigQ", "SigPnd", "ShdPnd", "SigBlk", "SigIgn", "SigCgt", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}
)
HIDDEN_STAT = frozenset({*range(25, 30), 35})
"""Fields of ``stat`` that show addresses."""


class ProcFiles(FileSystem):
    """The file system, one for each kernel; ``current`` is the process whose call is being answered.

    Several jails may run on a kernel at a time: ``serve`` tells whose call comes next.
    """

    __slots__ = ("_supervisor", "current")

    def __init__(self, supervisor: Supervisor) -> None:
        super().__init__(DEVICE, read_only=True)
        self._supervisor = supervisor
        self.current: GuestProcess | None = None
        self.root = Folder(self, "/", self._machine_files(), self._process_names, self._process)

    def serve(self, supervisor: Supervisor, guest: GuestProcess | None) -> None:
        """Answer for a process of a jail from now on."""
        self._supervisor = supervisor
        self.current = guest

    def leave(self, supervisor: Supervisor) -> None:
        """A jail has ended."""
        if self._supervisor is supervisor:
            self.current = None

    def _machine_files(self) -> dict[str, Node]:
        def text(name: str, content: str) -> Text:
            return Text(self, name, lambda: content)

        kernel_names = {"ostype": "Linux\n", "osrelease": "6.1.0-pvm\n", "pid_max": "32768\n", "ngroups_max": "65536\n"}
        kernel_names |= {
            "hostname": f"{self._supervisor.hostname}\n",
            "cap_last_cap": "40\n",
            "version": "#1 SMP PVM\n",
        }
        kernel: dict[str, Node] = {name: text(name, content) for name, content in kernel_names.items()}
        kernel["random"] = Folder(self, "random", {"boot_id": text("boot_id", BOOT_ID)})
        memory: dict[str, Node] = {
            "overcommit_memory": text("overcommit", "0\n"),
            "max_map_count": text("maps", "65530\n"),
        }
        return {
            "self": Link(self, "self", lambda: str(self._current().inner_pid)),
            "thread-self": Link(self, "thread-self", lambda: str(self._current().inner_pid)),
            "mounts": Link(self, "mounts", lambda: "self/mounts"),
            "cpuinfo": Text(self, "cpuinfo", processor_text),
            "meminfo": Text(self, "meminfo", lambda: memory_text(self._supervisor.memory_bytes)),
            "uptime": Text(self, "uptime", lambda: uptime_text(self._supervisor.kernel.clock.uptime())),
            "loadavg": text("loadavg", "0.00 0.00 0.00 1/1 1\n"),
            "version": text("version", "Linux version 6.1.0-pvm (pvm) #1 SMP PVM\n"),
            "filesystems": text("filesystems", "nodev\ttmpfs\nnodev\tproc\n"),
            "stat": Text(self, "stat", lambda: processors_text(os.cpu_count() or 1)),
            "sys": Folder(self, "sys", {"kernel": Folder(self, "kernel", kernel), "vm": Folder(self, "vm", memory)}),
        }

    def _current(self) -> GuestProcess:
        if self.current is None:
            raise GuestError(Errno.NOENT)
        return self.current

    # Processes.

    def _all(self) -> dict[int, GuestProcess]:
        """The living processes by the number that guests know."""
        supervisor = self._supervisor
        found = {}
        for pid in descendants(supervisor.jail.init_pid):
            guest = supervisor.process(pid)
            if guest is not None:
                found[guest.inner_pid] = guest
        return found

    def descriptors(self) -> Folder:
        """``/dev/fd``: the descriptors of the process that looks."""

        def look(name: str) -> Node | None:
            return self._descriptor(self._current(), name)

        return Folder(self, "dev-fd", {}, lambda: self._names(self._current().pid), look)

    def _process_names(self) -> Iterable[str]:
        return map(str, self._all())

    def _process(self, name: str) -> Node | None:
        if not name.isascii() or not name.isdecimal():
            return None
        number = int(name)
        current = self.current
        guest = current if current is not None and current.inner_pid == number else self._all().get(number)
        return None if guest is None else self._process_folder(guest)

    def _process_folder(self, guest: GuestProcess) -> Folder:
        key = guest.inner_pid

        def text(name: str, make: object) -> Text:
            assert callable(make)
            return Text(self, (key, name), make)

        ran = guest.invocation
        files: dict[str, Node] = {
            "exe": MagicLink(self, (key, "exe"), lambda: guest.program_path),
            "cwd": MagicLink(self, (key, "cwd"), guest.view.cwd.path),
            "root": MagicLink(self, (key, "root"), lambda: "/"),
            "cmdline": text("cmdline", lambda: b"".join(part + b"\0" for part in ran.arguments)),
            "environ": text("environ", lambda: b"".join(part + b"\0" for part in ran.environment)),
            "comm": text("comm", lambda: host_file(guest.pid, "comm")),
            "stat": text("stat", lambda: self._stat(guest)),
            "statm": text("statm", lambda: host_file(guest.pid, "statm")),
            "status": text("status", lambda: self._status(guest)),
            "maps": text("maps", lambda: memory_map(guest, self._supervisor.files.mounts)),
            "mounts": text("mounts", self._mounts),
            "mountinfo": text("mountinfo", lambda: "1 0 0:1 / / rw - tmpfs pvm rw\n"),
            "limits": text("limits", lambda: host_file(guest.pid, "limits")),
            "fd": Folder(
                self, (key, "fd"), {}, lambda: self._names(guest.pid), lambda name: self._descriptor(guest, name)
            ),
        }
        return Folder(self, key, files)

    def _names(self, pid: int) -> list[str]:
        """The descriptors of a process that are its own: those of mounts are not."""
        limit = self._supervisor.kernel.ledger.quotas.descriptors
        return [name for name in descriptor_names(pid) if int(name) < limit]

    def _descriptor(self, guest: GuestProcess, name: str) -> Node | None:
        if not name.isascii() or not name.isdecimal():
            return None
        try:
            host = os.readlink(f"/proc/{guest.pid}/fd/{int(name)}")  # noqa: PTH115 - one call, no object
        except OSError:
            return None
        return MagicLink(self, (guest.inner_pid, "fd", name), lambda: self._descriptor_text(guest, int(name), host))

    def terminals(self) -> Folder:
        """``/dev/pts``: the pseudo-terminals of the jail that looks."""

        def look(name: str) -> Node | None:
            try:
                self._supervisor.terminals.status(name)
            except GuestError:
                return None
            return TerminalNode(self, name, self._terminal_stat)

        def names() -> list[str]:  # of the jail that looks, which changes
            return self._supervisor.terminals.names()

        return Folder(self, "dev-pts", {}, names, look)

    def multiplexer(self) -> Node:
        """``/dev/ptmx``."""
        return TerminalNode(self, MULTIPLEXER, self._terminal_stat)

    def _terminal_stat(self, name: str) -> Stat:
        supervisor = self._supervisor
        return supervisor.files.foreign_stat(supervisor.terminals.status(name))

    def _descriptor_text(self, guest: GuestProcess, fd: int, host: str) -> str:
        terminal = self._supervisor.terminals.path(self._supervisor.files.status(guest, fd))
        if terminal is not None:
            return terminal
        location = self._supervisor.files.location(guest, fd)
        if location is not None:
            return location.path()
        return host if host.startswith(SYNTHETIC_NAMES) else f"/memfd:{fd} (deleted)"

    def _inner(self, pid: int) -> int:
        guest = self._supervisor.processes.get(pid)
        return 1 if guest is None else guest.inner_pid

    def _stat(self, guest: GuestProcess) -> str:
        text = host_file(guest.pid, "stat").decode("utf-8", "replace")
        head, _, tail = text.rpartition(")")
        fields = tail.split()
        shown = ["0" if place + 3 in HIDDEN_STAT else field for place, field in enumerate(fields)]
        shown[1] = str(self._inner(guest.parent_pid))
        shown[2], shown[3] = str(inner_number(guest.pid, b"NSpgid")), str(inner_number(guest.pid, b"NSsid"))
        return f"{guest.inner_pid} ({head.partition('(')[2]}) {' '.join(shown)}\n"

    def _status(self, guest: GuestProcess) -> str:
        lines = []
        for line in host_file(guest.pid, "status").decode("utf-8", "replace").splitlines():
            name = line.partition(":")[0]
            if name in STATUS_SHOWN:
                lines.append(line)
            elif name in {"Tgid", "Pid"}:
                lines.append(f"{name}:\t{guest.inner_pid}")
            elif name == "PPid":
                lines.append(f"PPid:\t{self._inner(guest.parent_pid)}")
            elif name in {"Uid", "Gid"}:
                lines.append(f"{name}:\t0\t0\t0\t0")
        return "\n".join(lines) + "\n"

    def _mounts(self) -> str:
        lines = ["pvm / tmpfs rw 0 0"]
        lines += [
            f"pvm {path} tmpfs rw 0 0"
            for path in self._supervisor.kernel.mount_paths()
            if path not in {"/", MULTIPLEXER_PATH}
        ]
        return "\n".join(lines) + "\n"

    # Descriptors by name.

    def own_descriptor(self, call: Call, path: str) -> int | None:
        """The descriptor of the caller that ``/proc/self/fd/N`` and the like name; None if the path is another."""
        if not path.startswith(("/proc/", "/dev/")):
            return None
        match = OWN_DESCRIPTOR.fullmatch(path)
        if match is None:
            return None
        number, text, standard = match.groups()
        if number is not None and int(number) != call.guest.inner_pid:
            return None
        fd = STANDARD[standard] if standard else int(text)
        try:
            self._supervisor.files.status(call.guest, fd)
        except GuestError:
            raise GuestError(Errno.NOENT) from None
        return fd


def host_file(pid: int, name: str) -> bytes:
    """What the host says of a process."""
    try:
        with open(f"/proc/{pid}/{name}", "rb") as file:  # noqa: PTH123 - a file of the host's kernel
            return file.read()
    except OSError:
        raise GuestError(Errno.NOENT) from None


def inner_number(pid: int, name: bytes) -> int:
    """A field of ``status`` that lists a number for each namespace: the innermost."""
    for line in host_file(pid, "status").splitlines():
        found, _, value = line.partition(b":")
        if found == name:
            return int(value.split()[-1])
    return 0


def descriptor_names(pid: int) -> list[str]:
    """The open descriptors of a process."""
    try:
        return os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - names are all that is wanted
    except OSError:
        return []


def memory_map(guest: GuestProcess, mounts: NativeMounts | None) -> str:
    """The layout of a process's memory; of files those in read-only mounts are named."""
    lines = []
    shown: dict[bytes, str] = {}
    for line in host_file(guest.pid, "maps").splitlines():
        where, rights, offset, file = line.split(None, 3)
        known = shown.get(file)
        if known is None:
            known = shown[file] = mapped_file(file, mounts)
        lines.append(f"{b' '.join((where, rights, offset)).decode()} {known}")
    return "\n".join(lines) + "\n"


def mapped_file(text: bytes, mounts: NativeMounts | None) -> str:
    """Device, inode and name of what is mapped, from what the host says of it."""
    device, inode, *names = text.decode("utf-8", "replace").split(None, 2)
    name = names[0] if names else ""
    if inode == "0":
        return f"00:00 0 {name if name.startswith('[') else ''}"
    major, _, minor = device.partition(":")
    identity = os.makedev(int(major, 16), int(minor, 16)), int(inode)
    file = None if mounts is None else mounts.mapped(identity, name)
    return "00:00 0 " if file is None else f"00:{file.device:02x} {file.inode}".ljust(26) + f" {file.path}"


def processor_text() -> str:
    """``cpuinfo``: as many processors as there are, with the names of their features."""
    entry = (
        "processor\t: {}\nvendor_id\t: pvm\ncpu family\t: 6\nmodel name\t: virtual processor\ncpu MHz\t\t: 1000.000\n"
    )
    return "\n".join(entry.format(number) for number in range(os.cpu_count() or 1)) + "\n"


def uptime_text(now_ns: int) -> str:
    """``uptime``: hundredths of seconds, from the clock."""
    return f"{now_ns // 10**7 / 100:.2f} 0.00\n"


def processors_text(count: int) -> str:
    """``stat``: the processors, idle."""
    lines = ["cpu  0 0 0 0 0 0 0 0 0 0"] + [f"cpu{number} 0 0 0 0 0 0 0 0 0 0" for number in range(count)]
    return "\n".join([*lines, "intr 0", "ctxt 0", "btime 946684800", "processes 1", "procs_running 1", ""])


def memory_text(total: int) -> str:
    """``meminfo``: what the limit allows."""
    kilobytes = total >> 10
    rows = {"MemTotal": kilobytes, "MemFree": kilobytes // 2, "MemAvailable": kilobytes // 2, "Buffers": 0, "Cached": 0}
    rows |= {"SwapTotal": 0, "SwapFree": 0}
    return "".join(f"{name + ':':<16}{value:>8} kB\n" for name, value in rows.items())
