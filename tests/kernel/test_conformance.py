"""One suite of file system behaviour, run on every file system that a guest can write to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pvm.kernel import Errno, HostDir, MemDir
from pvm.kernel.vfs.node import FileKind
from tests.kernel.world import A, Buffer, C, D, N, R, T, W, World, X

SEED = {"seed/old.txt": b"old content", "seed/deep/a.txt": b"a", "seed/deep/b.txt": b"b"}


def seed_host(root: Path) -> None:
    for name, content in SEED.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture(params=["memory", "rw", "overlay"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    """A world whose /m is the file system under test, holding SEED."""
    if request.param == "memory":
        grant: MemDir | HostDir = MemDir(SEED)
    else:
        seed_host(tmp_path)
        grant = HostDir(tmp_path, request.param)
    world = World({"/m": grant})
    world.call("dir_change", "/m")
    yield world
    world.task.process.close()
    world.kernel.close()


def test_seeded_files_are_read(world: World) -> None:
    assert world.get("/m/seed/old.txt") == b"old content"
    assert world.list("seed") == ["deep", "old.txt"]


def test_write_then_read(world: World) -> None:
    fd = world.open("f", R | W | C)
    assert world.write(fd, b"hello world") == 11
    assert world.seek(fd, 6) == 6
    assert world.read(fd, 3) == b"wor"
    assert world.read(fd, 100) == b"ld"
    assert world.read(fd, 100) == b""
    assert world.stat("f").size == 11


def test_overwrite_in_the_middle_of_a_seeded_file(world: World) -> None:
    fd = world.open("seed/old.txt", R | W)
    world.pwrite(fd, b"OLD", 0)
    assert world.get("seed/old.txt") == b"OLD content"
    assert world.pread(fd, 4, 0) == b"OLD "


def test_two_descriptions_see_one_content(world: World) -> None:
    reader = world.open("seed/old.txt")
    assert world.read(reader, 3) == b"old"
    writer = world.open("seed/old.txt", W)
    world.write(writer, b"XXXXXXXX")
    assert world.read(reader, 100) == b"XXXXXent"


def test_host_descriptor_sees_and_is_seen(world: World) -> None:
    fd = world.open("f", R | W | C)
    world.write(fd, b"first")
    description = world.task.process.descriptors.get(fd)
    host = description.host_fd()
    assert os.pread(host, 100, 0) == b"first"
    os.pwrite(host, b"second", 3)
    assert world.pread(fd, 100, 0) == b"firsecond"
    assert world.stat("f").size == 9
    world.pwrite(fd, b"KERNEL", 0)
    assert os.pread(description.host_fd(), 100, 0) == b"KERNELond"
    world.call("fd_truncate", fd, 2)
    assert os.pread(description.host_fd(), 100, 0) == b"KE"
    world.call("fd_truncate", fd, 4)
    assert world.get("f") == b"KE\0\0"


def test_host_descriptor_of_a_seeded_file(world: World) -> None:
    reader = world.open("seed/old.txt")
    description = world.task.process.descriptors.get(reader)
    assert os.pread(description.host_fd(), 100, 0) == b"old content"
    writer = world.open("seed/old.txt", W | A)
    world.write(writer, b"!")
    assert os.pread(description.host_fd(), 100, 0) == b"old content!"


def test_duplicates_share_the_position(world: World) -> None:
    fd = world.open("seed/old.txt")
    twin = world.call("fd_dup", fd, 0)
    world.read(fd, 4)
    assert world.read(twin, 3) == b"con"
    world.close(fd)
    assert world.read(twin, 10) == b"tent"


def test_dup_to_closes_the_target(world: World) -> None:
    one = world.open("one", R | W | C)
    two = world.open("two", W | C)
    assert world.call("fd_dup_to", one, two) == two
    world.write(two, b"x")
    assert world.get("one") == b"x"
    assert world.get("two") == b""
    assert world.call("fd_dup_to", one, one) == one
    assert world.call("fd_dup", one, 100) == 100


def test_append_goes_to_the_end(world: World) -> None:
    fd = world.open("seed/old.txt", R | W | A)
    other = world.open("seed/old.txt", W | A)
    world.write(fd, b"1")
    world.write(other, b"2")
    world.seek(fd, 0)
    world.write(fd, b"3")
    assert world.get("seed/old.txt") == b"old content123"
    assert world.call("fd_flags", fd) == R | W | A


def test_seek_and_gaps(world: World) -> None:
    fd = world.open("f", R | W | C)
    assert world.seek(fd, 5, 2) == 5
    world.write(fd, b"x")
    assert world.seek(fd, -2, 1) == 4
    assert world.read(fd) == b"\0x"
    assert world.pread(fd, 10, 0) == b"\0\0\0\0\0x"
    assert world.errno("fd_seek", fd, -1, 0) is Errno.INVAL
    assert world.errno("fd_seek", fd, -7, 2) is Errno.INVAL
    assert world.seek(fd, (1 << 63) - 1) == (1 << 63) - 1
    assert world.read(fd) == b""
    assert world.errno("fd_seek", fd, 1, 1) is Errno.INVAL


def test_truncate_cuts_and_extends(world: World) -> None:
    world.put("f", b"0123456789")
    world.call("fs_truncate", "f", 4)
    assert world.get("f") == b"0123"
    world.call("fs_truncate", "f", 6)
    assert world.get("f") == b"0123\0\0"
    world.call("fs_truncate", "seed/old.txt", 3)
    assert world.get("seed/old.txt") == b"old"
    assert world.errno("fd_truncate", world.open("f"), 1) is Errno.INVAL


def test_open_flags(world: World) -> None:
    assert world.errno("fs_open", "new", int(R), 0) is Errno.NOENT
    world.close(world.open("new", W | C | X))
    assert world.errno("fs_open", "new", int(W | C | X), 0o644) is Errno.EXIST
    world.put("new", b"content")
    world.close(world.open("new", W | C))
    assert world.get("new") == b"content"
    world.close(world.open("new", W | T))
    assert world.get("new") == b""
    for flags in (0, int(C), int(R | T), int(R | A), int(R | X), int(R | C | D), 256):
        assert world.errno("fs_open", "new", flags, 0) is Errno.INVAL
    assert world.errno("fs_open", "new", int(R | D), 0) is Errno.NOTDIR
    assert world.errno("fs_open", "seed", int(W), 0) is Errno.ISDIR
    assert world.errno("fs_open", "made/", int(W | C), 0o644) is Errno.ISDIR
    assert world.errno("fs_open", "new/", int(R), 0) is Errno.NOTDIR


def test_read_only_descriptor_does_not_write(world: World) -> None:
    fd = world.open("seed/old.txt")
    assert world.errno("fd_write", fd, Buffer(b"x")) is Errno.BADF
    assert world.errno("fd_pwrite", fd, Buffer(b"x"), 0) is Errno.BADF
    only = world.open("seed/old.txt", W)
    assert world.errno("fd_read", only, Buffer(1)) is Errno.BADF
    assert world.errno("fd_pread", only, Buffer(1), 0) is Errno.BADF


def test_file_of_mode_read_only_is_written_by_its_maker(world: World) -> None:
    fd = world.open("f", W | C, 0o444)
    assert world.write(fd, b"x") == 1
    assert world.stat("f").mode == 0o444


def test_directories_are_made_and_removed(world: World) -> None:
    world.mkdir("d")
    world.mkdir("d/e/")
    assert world.stat("d/e").kind is FileKind.DIRECTORY
    assert world.errno("dir_make", "d", 0o755) is Errno.EXIST
    assert world.errno("dir_remove", "d") is Errno.NOTEMPTY
    assert world.errno("dir_remove", "d/e/.") is Errno.INVAL
    assert world.errno("dir_remove", "seed/old.txt") is Errno.NOTDIR
    assert world.errno("fs_unlink", "d") is Errno.ISDIR
    world.call("dir_remove", "d/e")
    world.call("dir_remove", "d/")
    assert world.list("/m") == ["seed"]


def test_seeded_directory_is_emptied_and_removed(world: World) -> None:
    assert world.errno("dir_remove", "seed/deep") is Errno.NOTEMPTY
    world.call("fs_unlink", "seed/deep/a.txt")
    world.call("fs_unlink", "seed/deep/b.txt")
    world.call("dir_remove", "seed/deep")
    assert world.list("seed") == ["old.txt"]
    world.mkdir("seed/deep")
    assert world.list("seed/deep") == []


def test_removed_name_can_be_made_again(world: World) -> None:
    world.call("fs_unlink", "seed/old.txt")
    assert world.errno("fs_stat", "seed/old.txt", Buffer(64)) is Errno.NOENT
    world.put("seed/old.txt", b"new")
    assert world.get("seed/old.txt") == b"new"
    world.call("fs_unlink", "seed/old.txt")
    assert world.list("seed") == ["deep"]


def test_deleted_file_lives_while_open(world: World) -> None:
    fd = world.open("seed/old.txt", R | W)
    reader = world.open("seed/old.txt")
    world.call("fs_unlink", "seed/old.txt")
    world.pwrite(fd, b"gone", 0)
    assert world.read(reader) == b"gonecontent"
    world.put("seed/old.txt", b"another")
    assert world.pread(fd, 4, 0) == b"gone"
    assert world.fstat(fd).links == 0


def test_removed_directory_takes_no_files(world: World) -> None:
    world.mkdir("d")
    world.call("dir_change", "d")
    world.call("dir_remove", "/m/d")
    assert world.errno("fs_open", "f", int(W | C), 0o644) is Errno.NOENT
    assert world.errno("dir_make", "e", 0o755) is Errno.NOENT


def test_rename_replaces_a_file_that_is_open(world: World) -> None:
    world.put("new", b"new")
    fd = world.open("seed/old.txt")
    world.rename("new", "seed/old.txt")
    assert world.get("seed/old.txt") == b"new"
    assert world.read(fd) == b"old content"
    assert world.errno("fs_stat", "new", Buffer(64)) is Errno.NOENT


def test_rename_of_directories(world: World) -> None:
    world.rename("seed", "moved")
    assert world.get("moved/deep/a.txt") == b"a"
    assert world.list("/m") == ["moved"]
    world.mkdir("empty")
    world.rename("moved", "empty")
    assert world.list("empty/deep") == ["a.txt", "b.txt"]
    world.mkdir("other")
    assert world.errno("fs_rename", "other", "empty") is Errno.NOTEMPTY
    assert world.errno("fs_rename", "empty", "empty/deep/x") is Errno.INVAL
    assert world.errno("fs_rename", "empty/old.txt", "other") is Errno.ISDIR
    assert world.errno("fs_rename", "other", "empty/old.txt") is Errno.NOTDIR
    assert world.errno("fs_rename", "other/.", "x") is Errno.BUSY
    assert world.errno("fs_rename", "none", "x") is Errno.NOENT
    assert world.errno("fs_rename", "empty/old.txt", "x/") is Errno.NOTDIR
    world.rename("empty/old.txt", "empty/old.txt")
    assert world.get("empty/old.txt") == b"old content"


def test_working_directory_survives_a_rename(world: World) -> None:
    world.call("dir_change", "seed/deep")
    world.rename("/m/seed", "/m/moved")
    assert world.get("a.txt") == b"a"
    assert world.cwd() == "/m/seed/deep"


def test_directory_does_not_move_below_itself_through_a_stale_place(world: World) -> None:
    world.mkdir("p")
    world.mkdir("q")
    world.mkdir("q/d")
    world.call("dir_change", "q/d")
    world.rename("/m/q/d", "/m/p/d")
    assert world.errno("fs_rename", "/m/p", "p") is Errno.INVAL


def test_links(world: World) -> None:
    world.symlink("seed/old.txt", "link")
    assert world.readlink("link") == "seed/old.txt"
    assert world.get("link") == b"old content"
    assert world.lstat("link").kind is FileKind.SYMLINK
    assert world.lstat("link").size == 12
    assert world.stat("link").kind is FileKind.REGULAR
    assert world.errno("fs_readlink", "seed", Buffer(100)) is Errno.INVAL
    assert world.errno("fs_readlink", "link", Buffer(11)) is Errno.RANGE
    assert world.errno("fs_open", "link", int(R | N), 0) is Errno.LOOP
    assert world.errno("fs_symlink", "x", "link") is Errno.EXIST
    world.rename("link", "seed/link")
    assert world.errno("fs_open", "seed/link", int(R), 0) is Errno.NOENT
    world.call("fs_unlink", "seed/link")
    assert world.list("seed") == ["deep", "old.txt"]


def test_links_are_guest_paths(world: World) -> None:
    world.put("/top.txt", b"top of the guest")
    world.symlink("/top.txt", "absolute")
    world.symlink("../../../../../top.txt", "up")
    assert world.get("absolute") == b"top of the guest"
    assert world.get("up") == b"top of the guest"
    world.symlink("seed/deep", "dir")
    assert world.get("dir/../old.txt") == b"old content"
    assert world.list("dir/") == ["a.txt", "b.txt"]
    assert world.errno("dir_remove", "dir") is Errno.NOTDIR
    assert world.errno("dir_remove", "dir/") is Errno.NOTDIR


def test_dangling_link_creates_its_target(world: World) -> None:
    world.symlink("seed/made", "dangling")
    assert world.errno("fs_open", "dangling", int(W | C | X), 0o644) is Errno.EXIST
    assert world.errno("dir_make", "dangling", 0o755) is Errno.EXIST
    world.put("dangling", b"through")
    assert world.get("seed/made") == b"through"


def test_link_loops(world: World) -> None:
    world.symlink("b", "a")
    world.symlink("a", "b")
    assert world.errno("fs_open", "a", int(R), 0) is Errno.LOOP
    assert world.errno("dir_make", "a/x", 0o755) is Errno.LOOP
    for n in range(40):
        world.symlink(f"c{n + 1}", f"c{n}")
    world.put("c40", b"end")
    assert world.get("c0") == b"end"
    world.symlink("c0", "one-too-many")
    assert world.errno("fs_open", "one-too-many", int(R), 0) is Errno.LOOP


def test_walk_errors(world: World) -> None:
    assert world.errno("fs_stat", "seed/old.txt/x", Buffer(64)) is Errno.NOTDIR
    assert world.errno("fs_stat", "seed/old.txt/.", Buffer(64)) is Errno.NOTDIR
    assert world.errno("fs_stat", "seed/old.txt/..", Buffer(64)) is Errno.NOTDIR
    assert world.errno("fs_stat", "none/x", Buffer(64)) is Errno.NOENT
    assert world.errno("fs_stat", "", Buffer(64)) is Errno.NOENT
    assert world.errno("fs_stat", "a\0b", Buffer(64)) is Errno.INVAL
    assert world.errno("fs_stat", "\ud800", Buffer(64)) is Errno.INVAL
    assert world.errno("fs_stat", "n" * 256, Buffer(64)) is Errno.NAMETOOLONG
    assert world.errno("fs_stat", "ä" * 128, Buffer(64)) is Errno.NAMETOOLONG
    assert world.errno("fs_stat", "x/" * 2048, Buffer(64)) is Errno.NAMETOOLONG
    world.put("n" * 255, b"longest")
    assert world.get("//m///./seed/../" + "n" * 255) == b"longest"
    assert world.errno("fs_stat", "seed", Buffer(63)) is Errno.INVAL


def test_names_of_any_script(world: World) -> None:
    names = ["ä", "日本", "\U0001f600", "a b", "\\", '"', "*", "-rf", "new\nline"]
    for name in names:
        world.put(name, name.encode())
    assert sorted(world.list(".")) == sorted([*names, "seed"])
    assert [world.get(name).decode() for name in names] == names


def test_listing_is_in_order_of_bytes(world: World) -> None:
    for name in ("b", "B", "a", "\uffff", "\U00010000", "é"):
        world.put(name)
    assert world.list("/m", room=40) == ["B", "a", "b", "seed", "é", "\uffff", "\U00010000"]


def test_listing_is_stable_under_mutation(world: World) -> None:
    world.mkdir("d")
    for n in range(100):
        world.put(f"d/{n:03}")
    fd = world.open("d", R | D)
    seen = world.list_some(fd, 15 * 10)
    assert seen == [f"{n:03}" for n in range(10)]
    for n in range(0, 50, 2):
        world.call("fs_unlink", f"d/{n:03}")
    world.put("d/000a")
    world.put("d/999")
    rest = []
    while some := world.list_some(fd, 15 * 10):
        rest += some
    expected = [f"{n:03}" for n in range(10, 100) if n >= 50 or n % 2]
    assert [name for name in rest if name != "999"] == expected
    world.seek(fd, 0)
    assert world.list_some(fd, 31) == ["000a", "001"]


def test_listing_needs_room_for_a_record(world: World) -> None:
    fd = world.open("/m", R | D)
    assert world.errno("dir_read", fd, Buffer(15)) is Errno.INVAL
    assert world.list_some(fd, 16) == ["seed"]
    assert world.list_some(fd, 0) == []
    assert world.errno("dir_read", world.open("seed/old.txt"), Buffer(100)) is Errno.NOTDIR
    assert world.errno("fd_read", fd, Buffer(1)) is Errno.ISDIR
    assert world.errno("fd_write", fd, Buffer(b"x")) is Errno.BADF
    assert world.errno("fd_seek", fd, 1, 0) is Errno.INVAL


def test_ten_thousand_files(world: World) -> None:
    world.mkdir("many")
    names = [f"file-{n:05}" for n in range(10_000)]
    for name in names:
        world.call("fd_close", world.open("many/" + name, W | C))
    assert world.list("many", room=1 << 16) == names


def test_deep_directories(world: World) -> None:
    for _ in range(300):
        world.mkdir("d")
        world.call("dir_change", "d")
    world.put("bottom", b"here")
    assert world.cwd() == "/m" + "/d" * 300
    assert world.get("/m" + "/d" * 300 + "/bottom") == b"here"
    world.call("dir_change", "../" * 300)
    assert world.cwd() == "/m"
    assert world.get("d/" * 300 + "bottom") == b"here"


def test_stat_tells_files_apart(world: World) -> None:
    world.put("one")
    world.put("two")
    one, two, old = world.stat("one"), world.stat("two"), world.stat("seed/old.txt")
    assert len({one.inode, two.inode, old.inode}) == 3
    assert one.device == two.device == old.device
    world.rename("one", "three")
    assert world.stat("three").inode == one.inode
    world.put("seed/old.txt", b"changed")
    assert world.stat("seed/old.txt").inode == old.inode
    fd = world.open("two")
    assert world.fstat(fd).inode == two.inode


def test_access(world: World) -> None:
    world.put("script")
    assert world.call("fs_access", "seed", 7) == 0
    assert world.call("fs_access", "script", 6) == 0
    assert world.errno("fs_access", "script", 1) is Errno.ACCES
    assert world.errno("fs_access", "none", 0) is Errno.NOENT
    assert world.errno("fs_access", "script", 8) is Errno.INVAL
    world.close(world.open("run", W | C, 0o755))
    assert world.call("fs_access", "run", 1) == 0


def test_sync_and_isatty(world: World) -> None:
    fd = world.open("f", W | C)
    assert world.call("fd_sync", fd) == 0
    assert world.call("fd_isatty", fd) == 0


def test_rename_between_file_systems_is_refused(world: World) -> None:
    assert world.errno("fs_rename", "seed/old.txt", "/tmp/x") is Errno.XDEV
    assert world.errno("fs_rename", "/m", "/n") is Errno.BUSY
    assert world.errno("dir_remove", "/m") is Errno.BUSY
    assert world.errno("fs_rename", "/dev/null", "/m/x") is Errno.XDEV
