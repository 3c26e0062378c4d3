"""Hostile trees: whatever lies in, or is swapped into, a granted directory, nothing outside is reached."""

# Names that pathlib cannot express, and system calls as such.
# ruff: noqa: PTH115, PTH123, PTH208, PTH211
from __future__ import annotations

import gc
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pvm.errors import UsageError
from pvm.kernel import Errno, HostDir, MemDir
from pvm.kernel.fs.hostfs import OPEN_MAX
from pvm.kernel.vfs.node import FileKind
from tests.kernel.world import Buffer, C, Failed, R, T, W, World

SECRET = b"content from outside"

SWAPPER = """
import os, sys
inside, outside, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
os.chdir(inside)
for _ in range(rounds):
    os.rename("d", "aside")
    os.symlink(outside, "d")
    os.unlink("d")
    os.rename("aside", "d")
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory to grant, beside one that must stay out of reach."""
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    (inside / "d/e").mkdir(parents=True)
    outside.mkdir()
    (outside / "f").write_bytes(SECRET)
    (outside / "e").mkdir()
    (outside / "e/f").write_bytes(SECRET)
    (inside / "d/f").write_bytes(b"inside")
    (inside / "d/e/f").write_bytes(b"inside")
    (inside / "absolute").symlink_to(outside)
    (inside / "relative").symlink_to("../outside")
    (inside / "file").symlink_to(outside / "f")
    (inside / "root").symlink_to("/")
    (inside / "self").symlink_to("/proc/self/root")
    return inside


@pytest.fixture(params=["ro", "rw", "overlay"])
def world(request: pytest.FixtureRequest, tree: Path) -> Iterator[World]:
    world = World({"/m": HostDir(tree, request.param)})
    yield world
    world.task.process.close()
    world.kernel.close()


@pytest.mark.parametrize(
    "path",
    [
        "/m/../outside/f",
        "/m/d/../../outside/f",
        "/m/absolute/f",
        "/m/relative/f",
        "/m/file",
        "/m/self/etc/passwd",
        "/m/root/m/../outside/f",
        "/m/d/../../../../../../../../etc/passwd",
        "/etc/passwd",
        "/proc/self/environ",
    ],
)
def test_nothing_outside_is_reached(world: World, path: str) -> None:
    assert world.errno("fs_open", path, int(R), 0) in {Errno.NOENT, Errno.NOTDIR}
    assert world.errno("fs_stat", path, Buffer(64)) in {Errno.NOENT, Errno.NOTDIR}


def test_root_link_is_the_guests_root(world: World) -> None:
    assert world.list("/m/root") == ["dev", "m", "tmp"]
    assert world.get("/m/root/m/d/f") == b"inside"


def test_special_files_are_seen_but_not_opened(world: World, tree: Path) -> None:
    os.mkfifo(tree / "fifo")
    server = socket.socket(socket.AF_UNIX)
    server.bind(str(tree / "socket"))
    server.close()
    assert world.stat("/m/fifo").kind is FileKind.PIPE
    assert world.stat("/m/socket").kind is FileKind.SOCKET
    for name in ("fifo", "socket"):
        for flags in (R, W, R | W):
            expected = {Errno.ACCES, Errno.ROFS} if flags & W else {Errno.ACCES}
            assert world.errno("fs_open", f"/m/{name}", int(flags), 0) in expected


def test_read_only_mount_refuses_every_change(tree: Path) -> None:
    world = World({"/m": HostDir(tree)})
    before = sorted(str(path) for path in tree.rglob("*"))
    calls: list[tuple[str, tuple[object, ...]]] = [
        ("fs_open", ("/m/new", int(W | C), 0o644)),
        ("fs_open", ("/m/d/f", int(W), 0)),
        ("fs_open", ("/m/d/f", int(W | T), 0)),
        ("fs_truncate", ("/m/d/f", 0)),
        ("fs_unlink", ("/m/d/f",)),
        ("fs_rename", ("/m/d/f", "/m/g")),
        ("fs_symlink", ("x", "/m/new")),
        ("dir_make", ("/m/new", 0o755)),
        ("dir_remove", ("/m/d/e",)),
        ("fs_access", ("/m/d/f", 2)),
    ]
    for name, args in calls:
        assert world.errno(name, *args) is Errno.ROFS, name
    assert sorted(str(path) for path in tree.rglob("*")) == before
    assert (tree / "d/f").read_bytes() == b"inside"


def test_overlay_never_changes_what_is_below(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "overlay")})
    world.put("/m/d/f", b"changed")
    world.call("fs_unlink", "/m/d/e/f")
    world.call("dir_remove", "/m/d/e")
    world.rename("/m/d", "/m/moved")
    world.put("/m/moved/new", b"new")
    assert world.get("/m/moved/f") == b"changed"
    assert world.list("/m/moved") == ["f", "new"]
    assert (tree / "d/f").read_bytes() == b"inside"
    assert (tree / "d/e/f").read_bytes() == b"inside"
    assert sorted(path.name for path in tree.iterdir()) == ["absolute", "d", "file", "relative", "root", "self"]


def test_names_that_are_not_utf8_are_not_visible(world: World, tree: Path) -> None:
    with open(os.fsencode(tree) + b"/d/\xff\xfe", "wb") as file:
        file.write(b"x")
    assert world.list("/m/d") == ["e", "f"]


def test_link_target_that_is_not_utf8_is_an_error(world: World, tree: Path) -> None:
    os.symlink(b"\xff", os.fsencode(tree) + b"/odd")
    assert world.errno("fs_readlink", "/m/odd", Buffer(100)) is Errno.IO


def test_links_made_by_the_guest_stay_text(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "rw")})
    outside = str(tree.parent / "outside")
    world.symlink(outside, "/m/escape")
    assert world.errno("fs_open", "/m/escape/f", int(R), 0) is Errno.NOENT
    assert os.readlink(tree / "escape") == outside


@pytest.mark.parametrize("mode", ["ro", "rw", "overlay"])
def test_race_with_a_process_that_swaps_a_directory_for_a_link(tree: Path, mode: str) -> None:
    """The swapper works a fixed number of rounds; the guest opens until it is done, and at least 500 times."""
    world = World({"/m": HostDir(tree, mode)})  # type: ignore[arg-type]
    outside = tree.parent / "outside"
    rounds = 4000
    child = subprocess.Popen([sys.executable, "-c", SWAPPER, str(tree), str(outside), str(rounds)])
    outcomes: dict[object, int] = {}
    tries = 0
    allowed = {Errno.NOENT, Errno.NOTDIR, Errno.IO, Errno.LOOP}
    try:
        while child.poll() is None or tries < 500:
            tries += 1
            for path in ("/m/d/f", "/m/d/e/f"):
                try:
                    found: object = world.get(path)
                except Failed as error:
                    found = error.errno
                assert found == b"inside" or found in allowed
                outcomes[found] = outcomes.get(found, 0) + 1
            if mode == "rw":
                world.raw("fs_open", f"/m/d/new{tries}", int(W | C), 0o644)
                fds = list(world.task.process.descriptors._table)
                for fd in fds[3:]:
                    world.close(fd)
    finally:
        assert child.wait() == 0
    assert outcomes.get(b"inside", 0) > 0
    assert sorted(path.name for path in outside.iterdir()) == ["e", "f"]
    assert [path.name for path in (outside / "e").iterdir()] == ["f"]
    world.kernel.close()


def test_directory_swapped_between_two_calls(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "rw")})
    world.call("dir_change", "/m/d")
    (tree / "d").rename(tree / "aside")
    (tree / "d").symlink_to(tree.parent / "outside")
    assert world.errno("fs_open", "/m/d/f", int(R), 0) is Errno.NOENT
    assert world.get("f") == b"inside"  # the working directory is the directory, not its name


def open_descriptors() -> int:
    gc.collect()  # worlds of other tests
    return len(os.listdir("/proc/self/fd"))


def test_deep_walks_hold_few_host_descriptors(tmp_path: Path) -> None:
    before = open_descriptors()
    world = World({"/m": HostDir(tmp_path, "rw")})
    path = "/m"
    for _ in range(200):
        path += "/d"
        world.mkdir(path)
    world.call("dir_change", path)
    assert open_descriptors() - before <= OPEN_MAX + 2
    world.put("f", b"deep")
    assert world.get("../d/" * 100 + "f") == b"deep"
    assert world.list("/m/d") == ["d"]
    world.task.process.close()
    world.kernel.close()
    world.task.process.cwd = world.kernel.root
    assert open_descriptors() == before


def test_closed_mount_is_not_reached_through_old_numbers(tree: Path) -> None:
    world = World({"/m": HostDir(tree)})
    world.kernel.close()
    assert world.errno("fs_open", "/m/d/f", int(R), 0) is Errno.IO


def test_descriptors_are_closed_with_the_process(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "rw")})
    before = open_descriptors()
    for _ in range(10):
        world.open("/m/d/f", R | W)
    assert open_descriptors() >= before + 10
    world.task.process.close()
    assert world.kernel.usage().descriptors == 0
    assert open_descriptors() <= before + 2  # directories kept for the next walk


def test_mount_of_something_that_is_no_directory(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    for path in (tmp_path / "none", tmp_path / "f"):
        with pytest.raises(UsageError, match="cannot mount"):
            World({"/m": HostDir(path)})
    with pytest.raises(UsageError, match="mode 'rwx' is unknown"):
        HostDir(tmp_path, "rwx")  # type: ignore[arg-type]


def test_host_growth_is_charged_and_released(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(b"x" * 5000)
    world = World({"/m": HostDir(tmp_path, "rw"), "/mem": MemDir({"f": b"y" * 100})})
    assert world.kernel.usage().bytes == 100
    world.put("/m/f", b"x" * 50)
    assert world.kernel.usage().bytes == 150
    world.call("fs_truncate", "/m/f", 20)
    world.put("/m/f", b"x" * 30)
    assert world.kernel.usage().bytes == 130
    world.call("fs_unlink", "/m/big")
    assert world.kernel.usage().bytes == 100  # what was there before makes no room in memory
    world.call("fs_unlink", "/m/f")
    assert world.kernel.usage().bytes == 100


def test_deleted_open_host_file_is_charged_until_closed(tmp_path: Path) -> None:
    world = World({"/m": HostDir(tmp_path, "rw")})
    fd = world.open("/m/f", W | C)
    world.write(fd, b"x" * 70)
    files = world.kernel.usage().files
    world.call("fs_unlink", "/m/f")
    assert world.kernel.usage().files == files - 1
    assert world.kernel.usage().bytes == 70
    world.close(fd)
    assert world.kernel.usage().bytes == 0


def test_overlay_listing_over_a_large_directory(tmp_path: Path) -> None:
    for n in range(1000):
        (tmp_path / f"{n:04}").write_bytes(b"")
    world = World({"/m": HostDir(tmp_path, "overlay")})
    for n in range(0, 1000, 3):
        world.call("fs_unlink", f"/m/{n:04}")
    for n in range(0, 1000, 50):
        world.put(f"/m/{n:04}x", b"new")
        world.put(f"/m/{n:04}", b"again")
    expected = {f"{n:04}" for n in range(1000) if n % 3} | {f"{n:04}" for n in range(0, 1000, 50)}
    assert world.list("/m", room=200) == sorted(expected | {f"{n:04}x" for n in range(0, 1000, 50)})


def test_overlay_keeps_a_moved_directory_with_its_origin(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "overlay")})
    reader = world.open("/m/d/f")
    world.rename("/m/d", "/m/x")
    world.mkdir("/m/d")
    writer = world.open("/m/x/f", W)
    world.write(writer, b"INS")
    assert world.read(reader) == b"INSide"
    assert world.get("/m/x/e/f") == b"inside"
    assert world.list("/m/d") == []
    assert world.kernel.usage().files == 3  # /tmp, the new directory, the copied file


def test_overlay_sees_changes_below_until_it_copies(tree: Path) -> None:
    world = World({"/m": HostDir(tree, "overlay")})
    assert world.get("/m/d/f") == b"inside"
    (tree / "d/f").write_bytes(b"changed by the host")
    assert world.get("/m/d/f") == b"changed by the host"
    world.put("/m/d/f", b"guest")
    (tree / "d/f").write_bytes(b"again")
    assert world.get("/m/d/f") == b"guest"


def test_the_cache_of_machine_code_cannot_be_granted_for_writing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "home" / "cache"
    (tmp_path / "home" / "data").mkdir(parents=True)
    monkeypatch.setenv("PVM_CACHE_DIR", str(cache))
    for path, only in ((tmp_path, None), (tmp_path / "home", "cache"), (tmp_path / "home", None)):
        with pytest.raises(UsageError, match="where PVM keeps machine code"):
            World({"/data": HostDir(path, "rw", only)})
    for grant in (
        HostDir(tmp_path / "home"),
        HostDir(tmp_path / "home", "overlay"),
        HostDir(tmp_path / "home" / "data", "rw"),
        HostDir(tmp_path / "home", "rw", "data"),
    ):
        World({"/data": grant})
