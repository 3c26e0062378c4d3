"""Processes, clocks, randomness, mounts and the embedder's view of files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from pvm.errors import GuestError, UsageError
from pvm.kernel import Errno, HostClock, HostDir, Kernel, MemDir, ProcessExit, VirtualClock, WouldBlock
from pvm.kernel.randomness import SeededRandom
from pvm.kernel.vfs.node import FileKind
from tests.kernel.world import Buffer, C, D, FakeTask, R, W, World


def test_arguments_and_environment() -> None:
    world = World(args=("prog", "a b", ""), env={"B": "2", "A": "1"})
    assert world.call("process_arg_count") == 3
    assert [world.raw("process_arg", n) for n in (-1, 0, 1, 2, 3)] == [None, "prog", "a b", "", None]
    assert world.raw("process_env", "A") == "1"
    assert world.raw("process_env", "HOME") is None
    assert world.call("process_env_count") == 2
    assert [world.raw("process_env_name", n) for n in (0, 1, 2, -1)] == ["A", "B", None, None]
    assert world.raw("process_id") == 1
    assert world.raw("host_name") == "pvm"


@pytest.mark.parametrize(("status", "seen"), [(0, 0), (7, 7), (256, 0), (-1, 255)])
def test_exit(status: int, seen: int) -> None:
    with pytest.raises(ProcessExit) as ended:
        World().raw("process_exit", status)
    assert ended.value.status == seen


def test_working_directory() -> None:
    world = World()
    assert world.cwd() == "/"
    world.call("dir_change", "tmp")
    world.put("f", b"x")
    assert world.cwd() == "/tmp"
    assert world.get("/tmp/f") == b"x"
    world.call("dir_change", "../../..")
    assert world.cwd() == "/"
    assert world.errno("dir_change", "/tmp/f") is Errno.NOTDIR
    assert world.errno("dir_current", Buffer(0)) is Errno.RANGE


def test_runs_in_sequence_share_files_but_not_descriptors() -> None:
    with Kernel() as kernel:
        first = kernel.new_process(["one"])
        task = FakeTask(first)
        assert kernel.call(task, kernel.resolve("fs_open"), ("/tmp/f", int(W | C), 0o644)) == 3
        first.close()
        assert kernel.usage().descriptors == 0
        second = kernel.new_process(["two"], env={"X": "y"})
        assert kernel.call(FakeTask(second), kernel.resolve("fs_open"), ("/tmp/f", int(R), 0)) == 3
        assert kernel.call(FakeTask(second), kernel.resolve("process_env"), ("X",)) == "y"
        second.close()


def test_virtual_clock() -> None:
    world = World(clock="virtual")
    assert world.call("clock_realtime") == 946_684_800 * 10**9 + 1000
    assert world.call("clock_monotonic") == 2000
    with pytest.raises(WouldBlock) as blocked:
        world.raw("clock_sleep_until", 10**15)
    assert blocked.value.deadline_ns == 10**15
    assert world.kernel.wait([blocked.value, WouldBlock(2 * 10**15)])
    assert world.call("clock_sleep_until", 10**15) == 0
    assert world.call("clock_monotonic") == 10**15 + 1000
    assert world.call("clock_sleep_until", -5) == 0
    assert not world.kernel.wait([WouldBlock()])


def test_virtual_clock_stamps_files_without_moving() -> None:
    world = World(clock="virtual")
    world.put("/tmp/f", b"x")
    assert world.stat("/tmp/f").modified_ns == 946_684_800 * 10**9
    assert world.call("clock_monotonic") == 1000


def test_host_clock_waits_and_can_be_interrupted() -> None:
    clock = HostClock()
    now = clock.monotonic()
    assert clock.wait_until(now + 1000)
    assert clock.reached(now + 1000)
    asked = []
    assert not clock.wait_until(now + 10**18, lambda: bool(asked.append(1)) or len(asked) > 1)
    assert len(asked) == 2
    assert clock.realtime() > 1_600_000_000 * 10**9


def test_clock_name() -> None:
    with pytest.raises(UsageError, match="clock 'sundial' is unknown"):
        Kernel(clock="sundial")  # type: ignore[arg-type]
    assert VirtualClock(5).monotonic() == 1005


def test_seeded_random_is_the_documented_stream() -> None:
    stream = b"".join(hashlib.shake_256(b"42:%d" % n).digest(4096) for n in range(3))
    source = SeededRandom(42)
    assert source.read(10) == stream[:10]
    assert source.read(5000) == stream[10:5010]
    assert SeededRandom(42, position=5010).read(100) == stream[5010:5110]
    world = World(seed=42)
    buffer = Buffer(20)
    assert world.call("random_fill", buffer) == 20
    assert buffer.read() == stream[:20]
    assert world.read(world.open("/dev/random"), 4) == stream[20:24]


def test_random_of_the_host_and_its_bound() -> None:
    world = World()
    one, two = Buffer(16), Buffer(16)
    world.call("random_fill", one)
    world.call("random_fill", two)
    assert one.read() != two.read()
    assert world.call("random_fill", Buffer((1 << 20) + 1)) == 1 << 20


def test_default_namespace() -> None:
    world = World()
    assert world.list("/") == ["dev", "tmp"]
    assert world.errno("fs_rename", "/dev", "/x") is Errno.BUSY
    assert world.errno("fs_unlink", "/") is Errno.ISDIR
    assert world.errno("dir_remove", "/") is Errno.BUSY
    assert world.errno("dir_make", "/", 0o755) is Errno.EXIST
    assert world.errno("fs_open", "/", int(W | C), 0o644) is Errno.ISDIR


def test_mounts_nest_and_appear_in_listings(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/hidden").write_bytes(b"under the mount")
    (tmp_path / "z").write_bytes(b"")
    world = World({"/": HostDir(tmp_path), "/sub": MemDir({"f": b"over"}), "/a/b/c": MemDir({"g": b"deep"})})
    assert world.list("/") == ["a", "dev", "sub", "z"]
    assert world.list("/", room=16) == ["a", "dev", "sub", "z"]
    assert world.list("/sub") == ["f"]
    assert world.list("/a") == ["b"]
    assert world.get("/a/b/c/g") == b"deep"
    assert world.get("/a/b/c/../../../sub/f") == b"over"
    assert world.stat("/a/b").kind is FileKind.DIRECTORY
    assert world.errno("dir_make", "/a/x", 0o755) is Errno.ROFS
    assert world.errno("fs_open", "/a/x", int(R), 0) is Errno.NOENT
    assert world.errno("fs_rename", "/a", "/q") is Errno.BUSY
    world.call("dir_change", "/a/b/c")
    assert world.cwd() == "/a/b/c"
    world.call("dir_change", "..")
    assert world.cwd() == "/a/b"


def test_listing_merges_mounts_in_order_across_batches() -> None:
    files = {f"f{n:03}": b"" for n in range(200)}
    world = World({"/": MemDir(files), "/a": MemDir(), "/f100x": MemDir(), "/zz": MemDir(), "/f063": MemDir()})
    expected = sorted([*files, "a", "dev", "f100x", "zz"])
    assert world.list("/", room=50) == expected
    assert world.kernel.list_directory("/") == expected
    assert world.stat("/f063").kind is FileKind.DIRECTORY


@pytest.mark.parametrize(
    ("mounts", "message"),
    [
        ({"data": MemDir()}, "'data' is not absolute"),
        ({"": MemDir()}, "'' is not absolute"),
        ({"/a/../b": MemDir()}, "has a component that is no file name"),
        ({"/a\0b": MemDir()}, "has a component that is no file name"),
        ({"/a": MemDir(), "/a/": MemDir()}, "two mounts at '/a'"),
        ({"/a": "somewhere"}, "mount '/a' is str, expected HostDir, MemDir or TarDir"),
        ({"/a": MemDir({"": b""})}, "'' is no path of a file"),
        ({"/a": MemDir({"x/../y": b""})}, "is no path of a file"),
        ({"/a": MemDir({"x": b"", "x/y": b""})}, "'x' is a file already"),
    ],
)
def test_wrong_mounts(mounts: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Kernel(mounts)  # type: ignore[arg-type]


def test_read_only_memory() -> None:
    world = World({"/m": MemDir({"f": "text"}, read_only=True)})
    assert world.get("/m/f") == b"text"
    assert world.errno("fs_open", "/m/f", int(R | W), 0) is Errno.ROFS
    assert world.errno("fs_unlink", "/m/f") is Errno.ROFS


def test_embedder_reads_and_writes_files() -> None:
    world = World({"/ro": MemDir({"f": b"x"}, read_only=True)})
    kernel = world.kernel
    kernel.write_file("/in/deep/a.txt", "text")
    assert world.get("/in/deep/a.txt") == b"text"
    world.put("/out.txt", b"result")
    assert kernel.read_file("/out.txt") == b"result"
    kernel.write_file("/out.txt", b"")
    assert kernel.read_file("/out.txt") == b""
    assert kernel.list_directory("/in") == ["deep"]
    assert kernel.exists("/in/deep/a.txt")
    assert not kernel.exists("/in/none")
    assert not kernel.exists("/out.txt/x")
    assert kernel.stat_file("/in").kind is FileKind.DIRECTORY
    world.symlink("/out.txt", "/link")
    kernel.remove_file("/link")
    assert kernel.list_directory("/") == ["dev", "in", "out.txt", "ro", "tmp"]
    for path, errno in (
        ("/none", Errno.NOENT),
        ("/in", Errno.ISDIR),
        ("relative", Errno.INVAL),
        ("/dev/null", Errno.INVAL),
    ):
        with pytest.raises(GuestError) as failed:
            kernel.read_file(path)
        assert failed.value.errno == errno
    unwritable = {"/in": Errno.ISDIR, "/ro/f": Errno.ROFS, "/ro/new": Errno.ROFS, "/dev/x/y": Errno.ROFS}
    for path, errno in unwritable.items():
        with pytest.raises(GuestError) as failed:
            kernel.write_file(path, b"x")
        assert failed.value.errno == errno


def test_open_directory_descriptor() -> None:
    world = World()
    fd = world.open("/tmp", R | D)
    assert world.fstat(fd).kind is FileKind.DIRECTORY
    assert world.call("fd_flags", fd) == R
    assert world.errno("fd_truncate", fd, 0) is Errno.INVAL


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda: Kernel(env={"A=B": "x"}), "environment variable 'A=B' has a name or value"),
        (lambda: Kernel(env={"A": 5}), "environment variable 'A' is int, expected text"),  # type: ignore[dict-item]
        (lambda: Kernel().new_process(["\udcff"]), "argument 0 is not valid unicode: '.udcff'"),
        (lambda: Kernel().new_process("text"), "arguments are one text"),
        (lambda: Kernel({"/m": MemDir({"f": 5})}), "content of 'f' is int"),  # type: ignore[dict-item]
        (lambda: Kernel({"/m": HostDir(5)}), "host path is int"),  # type: ignore[arg-type]
        (lambda: Kernel(seed="7"), "seed is '7', expected a whole number"),  # type: ignore[arg-type]
        (lambda: Kernel(stdin="\ud800"), "stdin is not valid unicode"),
    ],
)
def test_wrong_use(action: Callable[[], object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        action()


def session(root: Path) -> list[str]:
    """The trace of a run that looks at everything that could differ between two runs."""
    lines: list[str] = []
    world = World({"/m": HostDir(root), "/o": HostDir(root, "overlay")}, seed=7, trace=lines.append)
    world.put("/tmp/f", b"x")
    world.put("/o/new", b"y")
    for path in ("/tmp/f", "/m/f", "/o/new", "/o/f", "/"):
        world.stat(path)
    for path in ("/", "/m", "/o", "/tmp"):
        world.list(path)
    world.call("clock_realtime")
    world.call("random_fill", Buffer(16))
    world.task.process.close()
    world.kernel.close()
    return lines


def test_two_runs_with_virtual_clock_and_seed_are_identical(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"content")
    first = session(tmp_path)
    assert session(tmp_path) == first
    assert len(first) > 20
