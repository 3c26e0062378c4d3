"""The register of runs: what the PVM processes of this user run now, for ``pvm ps`` and its kin.

Each run has a file in a directory that belongs to the user alone (mode 0700), with the number and the start of the
process that runs it, so that a file whose process has ended, or whose number belongs to another by now, is recognised
and removed.  A run that can be steered has a socket beside its file.

What is read here is not trusted: whoever can write there is this user, but files may be damaged, foreign or left over.
Where no such directory can be had, runs are not registered, and nothing else is different.
"""

from __future__ import annotations

import os
import stat
import time

from pvm.typed import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = "pvm-run 1"
ENTRY_MAX = 8192
SOCKET = ".socket"
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
_numbers = iter(range(1 << 30))


class Run(NamedTuple):
    """A run: ``name`` identifies it, ``kind`` is ``linux`` or ``module``, ``begun`` is in seconds since 1970.

    ``pid`` is the process that runs it, ``since`` when that started, in the host's terms.
    """

    name: str
    pid: int
    since: int
    kind: str
    begun: float
    program: str


def runtime_location() -> str:
    """The path of the directory, whether it exists or not."""
    own, shared = os.environ.get("PVM_RUNTIME_DIR"), os.environ.get("XDG_RUNTIME_DIR")
    return own or (f"{shared}/pvm" if shared else f"/tmp/pvm-{os.getuid()}")  # noqa: S108 - checked before it is used


def runtime_directory(*, make: bool) -> str | None:
    """The directory, or None if it is not there or cannot be trusted."""
    path = runtime_location()
    try:
        if make and not os.path.isdir(path):  # noqa: PTH112 - pathlib is not loaded on the way to a run
            os.mkdir(path, 0o700)  # noqa: PTH102
        status = os.lstat(path)
    except (OSError, ValueError, AttributeError):
        return None
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid() or stat.S_IMODE(status.st_mode) & 0o077:
        return None
    return path


def register(kind: str, program: str) -> str | None:
    """Enter a run of this process; the path of its file, which ``unregister`` takes, or None."""
    directory = runtime_directory(make=True)
    if directory is None:
        return None
    name = f"{os.getpid()}-{next(_numbers)}"
    shown = program.encode("unicode_escape", "backslashreplace").decode()[: ENTRY_MAX // 2]
    text = f"{HEAD}\n{os.getpid()} {process_start(os.getpid())}\n{kind}\n{time.time():.3f}\n{shown}\n"
    temporary, path = f"{directory}/.{name}", f"{directory}/{name}"
    try:
        descriptor = os.open(temporary, _CREATE, 0o600)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)
        os.rename(temporary, path)  # noqa: PTH104
    except OSError:
        return None
    return path


def unregister(path: str | None) -> None:
    """Remove a run from the register, if it is still there."""
    for left in () if path is None else (path, path + SOCKET):
        try:
            os.unlink(left)  # noqa: PTH108
        except OSError:
            continue


def runs() -> list[Run]:
    """All runs, the oldest first; what is left of others is removed."""
    directory = runtime_directory(make=False)
    if directory is None:
        return []
    found = list(_entries(directory))
    return sorted(found, key=lambda run: (run.begun, run.name))


def _entries(directory: str) -> Iterator[Run]:
    for name in os.listdir(directory):  # noqa: PTH208
        if name.startswith(".") or name.endswith(SOCKET):
            continue
        try:
            run = _read(directory, name)
        except OSError:  # it has just ended
            continue
        if run is not None and process_start(run.pid) == run.since:
            yield run
        else:
            unregister(f"{directory}/{name}")


def _read(directory: str, name: str) -> Run | None:
    """An entry, or None if that is none."""
    descriptor = os.open(f"{directory}/{name}", _READ)
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != os.getuid() or status.st_size > ENTRY_MAX:
            return None
        lines = os.read(descriptor, ENTRY_MAX).decode("ascii", "replace").split("\n")
    finally:
        os.close(descriptor)
    try:
        head, process, kind, begun, program, end = lines
        pid, since = map(int, process.split())
        run = Run(name, pid, since, kind, float(begun), program)
    except ValueError:
        return None
    right = head == HEAD and end == "" and kind in {"linux", "module"} and pid > 1 and program.isprintable()
    return run if right and name.partition("-")[0] == str(pid) else None


def process_start(pid: int) -> int:
    """When a process of this user was started, in ticks of the host; -1 if there is none."""
    try:
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return -1
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            return -1
        return int(os.read(descriptor, 4096).rpartition(b")")[2].split()[19])
    except (OSError, ValueError, IndexError):  # it has just died
        return -1
    finally:
        os.close(descriptor)
