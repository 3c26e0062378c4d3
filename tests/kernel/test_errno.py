"""Each declared errno of each hypercall, provoked once; the set of cases must be the declared set.

What a healthy file system never does (input/output errors, refusals of the host) comes from a
directory and a file that fail on purpose.
"""

# ruff: noqa: ARG005 - a case takes the world whether it needs one or not
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pvm.kernel import Errno, MemDir, Quotas
from pvm.kernel.abi import GuestError
from pvm.kernel.fs.memfs import MemDirectory, MemFile, MemFs
from pvm.kernel.hypercalls.table import HYPERCALLS
from pvm.kernel.streams import OutputDescription, Sink
from pvm.kernel.vfs.node import DirectoryEntry, Node, OpenFile
from tests.kernel.world import Buffer, C, D, R, W, World, X

Call = tuple[object, ...]
Case = Callable[[World], Call]


class FailingDirectory(MemDirectory):
    """Every look into it fails."""

    __slots__ = ("errno",)

    def __init__(self, fs: MemFs, errno: Errno) -> None:
        super().__init__(fs, 0o755)
        self.errno = errno

    def lookup(self, name: str) -> Node | None:
        raise GuestError(self.errno)

    def entries_after(self, name: str, limit: int) -> list[DirectoryEntry]:
        raise GuestError(self.errno)


class FailingOpenFile(OpenFile):
    """Every use of it fails."""

    __slots__ = ("errno",)

    def __init__(self, errno: Errno) -> None:
        self.errno = errno

    def fail(self, *_args: object) -> Any:
        raise GuestError(self.errno)

    read_at = write_at = append = truncate = sync = stat = fail

    def close(self) -> None:
        """Closing works."""


class FailingFile(MemFile):
    """Opens as a file that fails, or fails to open."""

    __slots__ = ("at_open", "errno")

    def __init__(self, fs: MemFs, errno: Errno, *, at_open: bool = False) -> None:
        super().__init__(fs, 0o644)
        self.errno = errno
        self.at_open = at_open

    def open(self, flags: int) -> OpenFile:
        if self.at_open:
            raise GuestError(self.errno)
        return FailingOpenFile(self.errno)


def make_world() -> World:
    world = World(
        {"/ro": MemDir({"f": b"x", "d/e": b""}, read_only=True), "/m": MemDir({"f": b"0123456789", "d/e": b""})},
        quotas=Quotas(bytes=1000, file_size=500, files=60, descriptors=8),
    )
    root = world.kernel.root.node
    assert isinstance(root, MemDirectory)
    for errno in (Errno.IO, Errno.ACCES, Errno.NOENT):
        root.link_name(f"fail-{errno.name}", FailingDirectory(root.fs, errno))
        root.link_name(f"file-{errno.name}", FailingFile(root.fs, errno))
    root.link_name("nfile", FailingFile(root.fs, Errno.NFILE, at_open=True))
    world.put("/file", b"content")
    world.mkdir("/dir")
    world.symlink("loop", "/loop")
    world.symlink("file", "/link")
    return world


def use_up_files(world: World) -> None:
    n = 0
    while world.kernel.usage().files < 60:
        world.symlink("x", f"/tmp/{n}")
        n += 1


BAD_PATHS = {
    Errno.ACCES: "/fail-ACCES/x",
    Errno.INVAL: "a\0b",
    Errno.IO: "/fail-IO/x",
    Errno.LOOP: "/loop/x",
    Errno.NAMETOOLONG: "n" * 256,
    Errno.NOENT: "/none/x",
    Errno.NOTDIR: "/file/x",
}

OPEN_NEW = int(W | C)

PATH_CALLS: dict[str, Callable[[str], Call]] = {
    "fs_open": lambda path: (path, OPEN_NEW, 0o644),
    "fs_stat": lambda path: (path, Buffer(64)),
    "fs_lstat": lambda path: (path, Buffer(64)),
    "fs_access": lambda path: (path, 2),
    "fs_rename": lambda path: ("/file", path),
    "fs_unlink": lambda path: (path,),
    "fs_truncate": lambda path: (path, 400),
    "fs_symlink": lambda path: ("target", path),
    "fs_readlink": lambda path: (path, Buffer(3)),
    "dir_make": lambda path: (path, 0o755),
    "dir_remove": lambda path: (path,),
    "dir_change": lambda path: (path,),
}

CASES: dict[tuple[str, Errno], Case] = {}


def add(name: str, errno: Errno, case: Case) -> None:
    assert (name, errno) not in CASES, f"{name} {errno.name} is there twice"
    CASES[name, errno] = case


def path_case(name: str, path: str) -> Case:
    return lambda world: PATH_CALLS[name](path)


def full_case(name: str) -> Case:
    def case(world: World) -> Call:
        use_up_files(world)
        return PATH_CALLS[name]("/dir/new")

    return case


for call_name in PATH_CALLS:
    for bad_errno, bad_path in BAD_PATHS.items():
        add(call_name, bad_errno, path_case(call_name, bad_path))
for call_name in ("fs_open", "fs_symlink", "dir_make"):
    add(call_name, Errno.ROFS, path_case(call_name, "/ro/new"))
    add(call_name, Errno.NOSPC, full_case(call_name))
for call_name in ("fs_access", "fs_unlink", "fs_truncate"):
    add(call_name, Errno.ROFS, path_case(call_name, "/ro/f"))
add("fs_open", Errno.EXIST, lambda world: ("/file", int(W | C | X), 0))
add("fs_open", Errno.ISDIR, path_case("fs_open", "/dir"))
add("fs_open", Errno.NFILE, lambda world: ("/nfile", int(R), 0))
add("fs_rename", Errno.BUSY, lambda world: ("/m", "/x"))
add("fs_rename", Errno.ISDIR, path_case("fs_rename", "/dir"))
add("fs_rename", Errno.NOTEMPTY, lambda world: world.put("/tmp/f") or ("/dir", "/tmp"))
add("fs_rename", Errno.ROFS, lambda world: ("/ro/f", "/ro/g"))
add("fs_rename", Errno.XDEV, path_case("fs_rename", "/m/x"))
add("fs_unlink", Errno.BUSY, path_case("fs_unlink", "/m"))
add("fs_unlink", Errno.ISDIR, path_case("fs_unlink", "/dir"))
add("fs_truncate", Errno.FBIG, lambda world: ("/file", 501))
add("fs_truncate", Errno.ISDIR, path_case("fs_truncate", "/dir"))
add("fs_symlink", Errno.EXIST, path_case("fs_symlink", "/file"))
add("fs_readlink", Errno.RANGE, path_case("fs_readlink", "/link"))
add("dir_make", Errno.EXIST, path_case("dir_make", "/dir"))
add("dir_remove", Errno.BUSY, path_case("dir_remove", "/m"))
add("dir_remove", Errno.NOTEMPTY, path_case("dir_remove", "/m/d"))
add("dir_remove", Errno.ROFS, path_case("dir_remove", "/ro/d"))
add("dir_current", Errno.RANGE, lambda world: (Buffer(0),))


def fill(world: World, path: str = "/big") -> None:
    """Use up the storage."""
    world.put(path + "1", b"x" * 490)
    world.put(path + "2", b"x" * (1000 - world.kernel.usage().bytes))


def truncate_full(world: World) -> Call:
    fill(world)
    return "/file", 400


def rename_full(world: World) -> Call:
    world.kernel.root.node.fs.__class__ = FailingRenameFs
    return "/file", "/other"


class FailingRenameFs(MemFs):
    """Renaming finds no space, as a host directory that must grow can."""

    __slots__ = ()

    def rename(self, *_args: object) -> None:
        raise GuestError(Errno.NOSPC)


add("fs_truncate", Errno.NOSPC, truncate_full)
add("fs_rename", Errno.NOSPC, rename_full)
add("fs_open", Errno.MFILE, lambda world: [world.open("/file") for _ in range(5)] and ("/file", int(R), 0))


def on_fd(path: str, flags: int, *rest: object) -> Case:
    return lambda world: (world.open(path, flags), *rest)


def on_number(fd: int, *rest: object) -> Case:
    return lambda world: (fd, *rest)


def full_fd(*rest: object) -> Case:
    def case(world: World) -> Call:
        fd = world.open("/file", W)
        world.write(fd, b"content")
        fill(world)
        return fd, *rest

    return case


BIG = b"y" * 400
FD_ARGUMENTS: dict[str, Call] = {
    "fd_close": (),
    "fd_read": (Buffer(5),),
    "fd_write": (Buffer(BIG),),
    "fd_pread": (Buffer(5), 0),
    "fd_pwrite": (Buffer(BIG), 7),
    "fd_seek": (0, 2),
    "fd_stat": (Buffer(64),),
    "fd_truncate": (400,),
    "fd_sync": (),
    "fd_dup": (0,),
    "fd_dup_to": (5,),
    "fd_isatty": (),
    "fd_flags": (),
    "dir_read": (Buffer(500),),
}
for call_name, rest_of_call in FD_ARGUMENTS.items():
    add(call_name, Errno.BADF, on_number(7, *rest_of_call))
for call_name in ("fd_read", "fd_write", "fd_pread", "fd_pwrite", "fd_seek", "fd_stat", "fd_truncate", "fd_sync"):
    add(call_name, Errno.IO, on_fd("/file-IO", R | W, *FD_ARGUMENTS[call_name]))
for call_name in ("fd_write", "fd_pwrite", "fd_truncate"):
    add(call_name, Errno.NOSPC, full_fd(*FD_ARGUMENTS[call_name]))
for call_name in ("fd_pread", "fd_pwrite", "fd_seek"):
    add(call_name, Errno.SPIPE, on_number(0, *FD_ARGUMENTS[call_name]))
add("fd_read", Errno.ISDIR, on_fd("/dir", R, Buffer(1)))
add("fd_pread", Errno.ISDIR, on_fd("/dir", R, Buffer(1), 0))
add("fd_pread", Errno.INVAL, on_fd("/file", R, Buffer(1), -1))
add("fd_pwrite", Errno.INVAL, on_fd("/file", W, Buffer(b"x"), -1))
add("fd_pwrite", Errno.FBIG, on_fd("/file", W, Buffer(b"x"), 500))
add("fd_seek", Errno.INVAL, on_fd("/file", R, 0, 3))
add("fd_stat", Errno.INVAL, on_fd("/file", R, Buffer(63)))
add("fd_stat", Errno.NOENT, on_fd("/file-NOENT", R, Buffer(64)))
add("fd_truncate", Errno.INVAL, on_fd("/file", W, -1))
add("fd_truncate", Errno.FBIG, on_fd("/file", W, 501))
add("fd_dup", Errno.INVAL, on_number(1, 8))
add("dir_read", Errno.ACCES, on_fd("/fail-ACCES", R, Buffer(500)))
add("dir_read", Errno.INVAL, on_fd("/", R | D, Buffer(5)))
add("dir_read", Errno.IO, on_fd("/fail-IO", R, Buffer(500)))
add("dir_read", Errno.NOENT, on_fd("/fail-NOENT", R, Buffer(500)))
add("dir_read", Errno.NOTDIR, on_number(0, Buffer(500)))


def dup_full(world: World) -> Call:
    for _ in range(5):
        world.open("/file")
    return 1, 0


def write_big(world: World) -> Call:
    fd = world.open("/file", W)
    world.seek(fd, 500)
    return fd, Buffer(b"x")


def write_to_nobody(world: World) -> Call:
    description = OutputDescription(BrokenSink(), 1, world.kernel.ledger)
    world.task.process.descriptors.put(1, description)
    return 1, Buffer(b"x")


class BrokenSink(Sink):
    """Nobody reads."""

    def write(self, data: bytes) -> int:
        raise self.breaks("gone")


add("fd_dup", Errno.MFILE, dup_full)
add("fd_write", Errno.FBIG, write_big)
add("fd_write", Errno.PIPE, write_to_nobody)


@pytest.mark.parametrize(("name", "errno"), CASES, ids=lambda value: getattr(value, "name", value))
def test_errno(name: str, errno: Errno) -> None:
    world = make_world()
    args = CASES[name, errno](world)
    assert world.errno(name, *args) is errno


def test_every_declared_errno_has_a_case() -> None:
    declared = {(entry.name, errno) for entry in HYPERCALLS.values() for errno in entry.errors}
    assert set(CASES) == declared
