"""Random operations on each file system, compared call by call with what Linux does in a real directory.

The oracle is the host's own file system under a scratch directory.  Left out is what we define
otherwise: absolute links, permission checks and paths that end in ``.`` or ``..``.
"""

# The oracle is the system call itself, not what pathlib makes of it.
# ruff: noqa: PTH102, PTH104, PTH106, PTH108, PTH112, PTH115, PTH116, PTH208, PTH211
from __future__ import annotations

import errno
import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from pvm.kernel import HostDir, MemDir
from tests.kernel.world import A, Buffer, C, Failed, R, T, W, World, X

NAMES = ("a", "b", "c", "a/b", "a/c", "b/a", "c/c", "a/b/c", "b/a/c", "link", "link/b", "a/link", "c/", "link/")
TARGETS = ("a", "b", "../a", "link", "c/c", "none", "a/", "b/c")
FLAGS = (R, W | C, R | W | C | X, W | T, R | W, W | C | T, R | C, W | A)
HOST_FLAGS = {C: os.O_CREAT, X: os.O_EXCL, T: os.O_TRUNC, A: os.O_APPEND}
STEPS = 150


class Host:
    """The oracle: the same operations through the host."""

    def __init__(self, root: Path) -> None:
        self.root = root / "w"
        self.root.mkdir(parents=True)

    def at(self, path: str) -> str:
        return f"{self.root}/{path}"

    def mkdir(self, path: str) -> object:
        return os.mkdir(self.at(path))

    def rmdir(self, path: str) -> object:
        return os.rmdir(self.at(path))

    def unlink(self, path: str) -> object:
        return os.unlink(self.at(path))

    def rename(self, old: str, new: str) -> object:
        return os.rename(self.at(old), self.at(new))

    def symlink(self, target: str, path: str) -> object:
        return os.symlink(target, self.at(path))

    def readlink(self, path: str) -> object:
        return os.readlink(self.at(path))

    def truncate(self, path: str, size: int) -> object:
        return os.truncate(self.at(path), size)

    def stat(self, path: str) -> object:
        status = os.stat(self.at(path))
        return os.path.isdir(self.at(path)) or status.st_size

    def listing(self, path: str) -> object:
        return sorted(os.listdir(self.at(path)))

    def write(self, path: str, flags: int, data: bytes) -> object:
        host = os.O_RDWR if flags & R and flags & W else os.O_WRONLY if flags & W else os.O_RDONLY
        for bit, host_bit in HOST_FLAGS.items():
            host |= host_bit if flags & bit else 0
        fd = os.open(self.at(path), host)
        try:
            return os.write(fd, data) if flags & W else os.read(fd, 1000)
        finally:
            os.close(fd)


class Guest:
    """The same operations through the kernel."""

    def __init__(self, world: World) -> None:
        self.world = world

    def mkdir(self, path: str) -> object:
        return self.world.mkdir(path)

    def rmdir(self, path: str) -> object:
        return self.world.call("dir_remove", path) or None

    def unlink(self, path: str) -> object:
        return self.world.call("fs_unlink", path) or None

    def rename(self, old: str, new: str) -> object:
        return self.world.rename(old, new)

    def symlink(self, target: str, path: str) -> object:
        return self.world.symlink(target, path)

    def readlink(self, path: str) -> object:
        return self.world.readlink(path)

    def truncate(self, path: str, size: int) -> object:
        return self.world.call("fs_truncate", path, size) or None

    def stat(self, path: str) -> object:
        state = self.world.stat(path)
        return state.kind.name == "DIRECTORY" or state.size

    def listing(self, path: str) -> object:
        return self.world.list(path)

    def write(self, path: str, flags: int, data: bytes) -> object:
        fd = self.world.open(path, flags)
        try:
            if not flags & W:
                return self.world.read(fd, 1000)
            return self.world.call("fd_write", fd, Buffer(data))
        finally:
            self.world.close(fd)


def outcome(operation: Callable[..., object], args: tuple[object, ...]) -> object:
    try:
        return operation(*args)
    except OSError as error:
        return errno.errorcode[error.errno or 0][1:]
    except Failed as error:
        return error.errno.name


def arguments(rng: random.Random, name: str) -> tuple[object, ...]:
    path = rng.choice(NAMES)
    match name:
        case "rename":
            return path, rng.choice(NAMES)
        case "symlink":
            return rng.choice(TARGETS), path
        case "truncate":
            return path, rng.randrange(12)
        case "write":
            return path, int(rng.choice(FLAGS)), b"x" * rng.randrange(9)
        case _:
            return (path,)


OPERATIONS = ("mkdir", "mkdir", "rmdir", "unlink", "rename", "rename", "symlink", "readlink", "truncate", "stat")
OPERATIONS += ("listing", "write", "write", "write")


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("kind", ["memory", "rw", "overlay"])
def test_random_operations(kind: str, seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    host = Host(tmp_path / "oracle")
    tried = tmp_path / "tried"
    for root in (tmp_path / "oracle", tried):
        (root / "w/a/b").mkdir(parents=True, exist_ok=True)
        (root / "w/a/b/c").write_bytes(b"seeded")
        (root / "w/link").symlink_to("a")
    memory = MemDir({"m/w/a/b/c": b"seeded"})
    world = World({"/g": memory} if kind == "memory" else {"/g/m": HostDir(tried, kind)})
    world.call("dir_change", "/g/m/w")
    if kind == "memory":
        world.symlink("a", "link")
    guest = Guest(world)
    for step in range(STEPS):
        name = rng.choice(OPERATIONS)
        args = arguments(rng, name)
        expected = outcome(getattr(host, name), args)
        found = outcome(getattr(guest, name), args)
        assert found == expected, f"seed {seed} step {step}: {name}{args}"
    world.task.process.close()
    world.kernel.close()
