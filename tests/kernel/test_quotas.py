"""Quotas hold on every file system, partial writes stop at them, and what is given up is released."""

from __future__ import annotations

from pathlib import Path

import pytest

from pvm.errors import GuestError, UsageError
from pvm.kernel import Errno, HostDir, MemDir, Quotas, Usage
from tests.kernel.world import Buffer, C, R, T, W, World

KINDS = ["memory", "rw", "overlay"]


def make_world(kind: str, root: Path, quotas: Quotas) -> World:
    (root / "old").write_bytes(b"0123456789")
    if kind == "memory":
        return World({"/m": MemDir({"old": b"0123456789"})}, quotas=quotas)
    return World({"/m": HostDir(root, kind)}, quotas=quotas)


@pytest.mark.parametrize("kind", KINDS)
def test_storage(kind: str, tmp_path: Path) -> None:
    world = make_world(kind, tmp_path, Quotas(bytes=100))
    room = 100 - world.kernel.usage().bytes
    fd = world.open("/m/f", R | W | C)
    assert world.write(fd, b"x" * 200) == room
    assert world.errno("fd_write", fd, Buffer(b"y")) is Errno.NOSPC
    assert world.kernel.usage().bytes == 100
    assert world.pwrite(fd, b"z" * 10, 0) == 10  # no growth
    assert world.errno("fd_truncate", fd, room + 1) is Errno.NOSPC
    world.call("fd_truncate", fd, 10)
    assert world.kernel.usage().bytes == 100 - room + 10
    assert world.pwrite(fd, b"w", room - 1) == 1
    world.call("fs_unlink", "/m/f")
    assert world.kernel.usage().bytes == 100  # still open
    world.close(fd)
    assert world.kernel.usage().bytes == 100 - room


@pytest.mark.parametrize("kind", KINDS)
def test_file_size(kind: str, tmp_path: Path) -> None:
    world = make_world(kind, tmp_path, Quotas(file_size=20))
    fd = world.open("/m/f", W | C)
    assert world.write(fd, b"x" * 30) == 20
    assert world.errno("fd_write", fd, Buffer(b"y")) is Errno.FBIG
    assert world.errno("fd_pwrite", fd, Buffer(b"y"), 1 << 62) is Errno.FBIG
    assert world.errno("fd_truncate", fd, 21) is Errno.FBIG
    assert world.errno("fs_truncate", "/m/f", (1 << 63) - 1) is Errno.FBIG


@pytest.mark.parametrize("kind", KINDS)
def test_files(kind: str, tmp_path: Path) -> None:
    world = make_world(kind, tmp_path, Quotas(files=10))
    before = world.kernel.usage().files
    for n in range(before, 10):
        world.put(f"/m/f{n}")
    for name, args in (
        ("fs_open", ("/m/x", int(W | C), 0o644)),
        ("dir_make", ("/m/x", 0o755)),
        ("fs_symlink", ("y", "/m/x")),
    ):
        assert world.errno(name, *args) is Errno.NOSPC
    world.call("fs_unlink", "/m/f9")
    world.mkdir("/m/x")
    world.call("dir_remove", "/m/x")
    world.symlink("y", "/m/x")
    world.rename("/m/f8", "/m/x")
    assert world.kernel.usage().files == 9


def test_descriptors() -> None:
    world = World({"/m": MemDir({"f": b""})}, quotas=Quotas(descriptors=5))
    assert [world.open("/m/f"), world.open("/m/f")] == [3, 4]
    assert world.errno("fs_open", "/m/f", int(R), 0) is Errno.MFILE
    assert world.errno("fs_open", "/m/new", int(W | C), 0o644) is Errno.MFILE
    world.close(0)
    assert world.call("fd_dup", 4, 0) == 0
    assert world.errno("fd_dup_to", 4, 5) is Errno.BADF
    assert world.kernel.usage().descriptors == 5


def test_failed_open_makes_no_file() -> None:
    world = World(quotas=Quotas(descriptors=3))
    assert world.errno("fs_open", "/tmp/f", int(W | C), 0o644) is Errno.MFILE
    assert world.kernel.list_directory("/tmp") == []


def test_copy_up_is_charged(tmp_path: Path) -> None:
    world = make_world("overlay", tmp_path, Quotas(bytes=9, files=3))
    assert world.kernel.usage() == Usage(bytes=0, files=1, descriptors=3, output_bytes=0)
    assert world.errno("fs_open", "/m/old", int(W), 0) is Errno.NOSPC
    assert world.kernel.usage() == Usage(bytes=0, files=1, descriptors=3, output_bytes=0)
    world.close(world.open("/m/old", W | T))
    assert world.kernel.usage() == Usage(bytes=0, files=2, descriptors=3, output_bytes=0)
    world.call("fs_unlink", "/m/old")
    assert world.kernel.usage() == Usage(bytes=0, files=1, descriptors=3, output_bytes=0)


def test_growth_through_a_host_descriptor_is_counted() -> None:
    import os

    world = World(quotas=Quotas(bytes=100))
    fd = world.open("/tmp/f", W | C)
    host = world.task.process.descriptors.get(fd).host_fd()
    os.pwrite(host, b"x" * 90, 0)
    assert world.fstat(fd).size == 90
    assert world.kernel.usage().bytes == 90
    assert world.pwrite(fd, b"y" * 20, 90) == 10
    world.close(fd)
    world.call("fs_unlink", "/tmp/f")
    assert world.kernel.usage().bytes == 0


def test_output() -> None:
    world = World(quotas=Quotas(output_bytes=10, captured_bytes=8))
    assert world.write(1, b"12345") == 5
    assert world.write(1, b"6789") == 3
    assert world.errno("fd_write", 1, Buffer(b"x")) is Errno.NOSPC
    assert world.write(2, b"abcd") == 2
    assert world.errno("fd_write", 2, Buffer(b"x")) is Errno.NOSPC
    assert world.kernel.stdout_bytes == b"12345678"
    assert world.kernel.stderr_bytes == b"ab"
    assert world.kernel.usage().output_bytes == 10


def test_initial_files_must_fit() -> None:
    with pytest.raises(GuestError, match="storage quota of 5 bytes"):
        World({"/m": MemDir({"f": b"123456"})}, quotas=Quotas(bytes=5))


@pytest.mark.parametrize("value", [-1, "64M", 1.5, True, None])
def test_quota_must_be_a_number(value: object) -> None:
    with pytest.raises(UsageError, match="quota files is"):
        Quotas(files=value)  # type: ignore[arg-type]


def test_link_text_is_charged() -> None:
    world = World(quotas=Quotas(bytes=10))
    world.symlink("12345", "/l")
    assert world.kernel.usage().bytes == 5
    assert world.errno("fs_symlink", "123456", "/k") is Errno.NOSPC
    assert world.kernel.usage().files == 2
    world.call("fs_unlink", "/l")
    assert world.kernel.usage().bytes == 0
