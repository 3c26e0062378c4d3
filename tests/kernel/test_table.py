"""The table of hypercalls: frozen numbers and signatures, declarations, dispatch, traces, generated text."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pvm.errors import GuestError, LinkError
from pvm.kernel import Errno, Hypercall, Kernel, stubs
from pvm.kernel.abi import ERRNO_TEXT, HostFailure, Support, hypercall
from pvm.kernel.hypercalls import FAMILIES, find, table
from pvm.kernel.hypercalls.table import BY_NUMBER, HYPERCALLS
from pvm.kernel.task import Task
from tests.kernel.world import Buffer, C, FakeTask, W, World

ROOT = Path(__file__).resolve().parents[2]

# Numbers and guest signatures are frozen: entries are added, never changed.
FROZEN = """
0101 fd_close(i64) -> i64
0102 fd_read(i64, bytes) -> i64
0103 fd_write(i64, bytes) -> i64
0104 fd_pread(i64, bytes, i64) -> i64
0105 fd_pwrite(i64, bytes, i64) -> i64
0106 fd_seek(i64, i64, i64) -> i64
0107 fd_stat(i64, bytes) -> i64
0108 fd_truncate(i64, i64) -> i64
0109 fd_sync(i64) -> i64
010a fd_dup(i64, i64) -> i64
010b fd_dup_to(i64, i64) -> i64
010c fd_isatty(i64) -> i64
010d fd_flags(i64) -> i64
0201 fs_open(string, i64, i64) -> i64
0202 fs_stat(string, bytes) -> i64
0203 fs_lstat(string, bytes) -> i64
0204 fs_access(string, i64) -> i64
0205 fs_rename(string, string) -> i64
0206 fs_unlink(string) -> i64
0207 fs_truncate(string, i64) -> i64
0208 fs_symlink(string, string) -> i64
0209 fs_readlink(string, bytes) -> i64
0301 dir_read(i64, bytes) -> i64
0302 dir_make(string, i64) -> i64
0303 dir_remove(string) -> i64
0304 dir_change(string) -> i64
0305 dir_current(bytes) -> i64
0401 process_exit(i64) -> none
0402 process_id() -> i64
0403 process_arg_count() -> i64
0404 process_arg(i64) -> string?
0405 process_env(string) -> string?
0406 process_env_count() -> i64
0407 process_env_name(i64) -> string?
0408 host_name() -> string?
0501 clock_realtime() -> i64
0502 clock_monotonic() -> i64
0503 clock_sleep_until(i64) -> i64
0601 random_fill(bytes) -> i64
"""


def shown(entry: Hypercall) -> str:
    return f"{entry.number:04x} {entry.name}({', '.join(entry.params)}) -> {entry.result}"


def test_numbers_and_signatures_are_frozen() -> None:
    assert [shown(entry) for entry in HYPERCALLS.values()] == FROZEN.split("\n")[1:-1]
    assert [BY_NUMBER[entry.number] for entry in HYPERCALLS.values()] == list(HYPERCALLS.values())


def test_errno_numbers_are_those_of_linux() -> None:
    import errno as host

    for errno in Errno:
        assert getattr(host, f"E{errno.name}") == errno
        assert ERRNO_TEXT[errno] == ERRNO_TEXT[errno].lower()


def declare(number: int = 1, text: str = "f(x: int) -> int", **options: object) -> Hypercall:
    def f(task: Task, x: int) -> int:
        """Do it."""
        return x

    f.__name__ = text.split("(", maxsplit=1)[0]
    return hypercall(number, text, **options)(f)  # type: ignore[arg-type]


def test_declaration() -> None:
    entry = declare(7, "f(a: in_bytes, p: path, n: size) -> text")
    assert entry.params == ("bytes", "string", "i64")
    assert entry.result == "string?"
    assert entry.signature == "f(a: in_bytes, p: path, n: size) -> text"
    assert declare(7, "f()").result == "none"


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("f(x)", {}, "'x' has no known kind"),
        ("f(x: int) -> nothing", {}, "'nothing' is no kind of result"),
        ("F()", {}, "not a hypercall signature"),
        ("f(a: in_bytes, b: out_bytes)", {}, "at most one buffer"),
        ("f() -> text", {"errors": (Errno.IO,)}, "only an integer result"),
        ("f()", {"support": Support.PARTIAL}, "partial support"),
    ],
)
def test_bad_declaration_is_our_bug(text: str, options: dict[str, object], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        declare(1, text, **options)


def test_unknown_hypercall_does_not_link() -> None:
    with Kernel() as kernel, pytest.raises(LinkError, match="no hypercall is called 'fd_frobnicate'"):
        kernel.resolve("fd_frobnicate")


def failing(errno: Errno, declared: tuple[Errno, ...], kind: type[GuestError] = GuestError) -> Hypercall:
    @hypercall(0xFFFF, "probe() -> int", errors=declared)
    def probe(task: Task) -> int:
        """Fail."""
        raise kind(errno)

    return probe


def test_undeclared_errno_is_our_bug() -> None:
    world = World()
    assert world.kernel.call(world.task, failing(Errno.IO, (Errno.IO,)), ()) == -5
    assert world.kernel.call(world.task, failing(Errno.FAULT, ()), ()) == -14
    with pytest.raises(AssertionError, match="probe raised an errno that it does not declare"):
        world.kernel.call(world.task, failing(Errno.PERM, (Errno.IO,)), ())


def test_undeclared_errno_of_the_host_becomes_io() -> None:
    world = World()
    assert world.kernel.call(world.task, failing(Errno.XDEV, (Errno.IO,), HostFailure), ()) == -5
    with pytest.raises(AssertionError, match="does not declare"):
        world.kernel.call(world.task, failing(Errno.XDEV, (), HostFailure), ())


@pytest.mark.parametrize("args", [(), ("1",), (True,), (1, 2)])
def test_wrong_marshalling_is_our_bug(args: tuple[object, ...]) -> None:
    world = World()
    with pytest.raises(AssertionError, match="fd_close"):
        world.raw("fd_close", *args)


def test_call_after_the_end_is_our_bug() -> None:
    world = World()
    world.task.process.close()
    with pytest.raises(AssertionError, match="the process has ended"):
        world.raw("process_id")


class BadBuffer(Buffer):
    """A span whose bounds do not fit."""

    def write(self, data: bytes) -> int:
        raise GuestError(Errno.FAULT)


def test_bad_span_is_a_fault() -> None:
    world = World(stdin=b"x")
    assert world.errno("fd_read", 0, BadBuffer(4)) is Errno.FAULT


def test_trace() -> None:
    lines: list[str] = []
    world = World(trace=lines.append, stdin=b"in\n")
    fd = world.open("/tmp/f", W | C)
    world.write(fd, b'quo"te\n' + b"x" * 40)
    world.read(0, 10)
    world.raw("fd_close", 9)
    world.raw("process_arg", 0)
    world.raw("process_arg", 1)
    with pytest.raises(Exception, match="must wait"):
        world.raw("clock_sleep_until", 5_000_000)
    with pytest.raises(Exception, match="exit status 3"):
        world.raw("process_exit", 3)
    assert lines == [
        'fs_open("/tmp/f", 0x6, 420) = 3',
        'fd_write(3, "quo\\"te\\nxxxxxxxxxxxxxxxxxxxxxxxxx"..., 47) = 47',
        'fd_read(0, "in\\n", 10) = 3',
        "fd_close(9) = -9 BADF",
        'process_arg(0) = "program"',
        "process_arg(1) = null",
        "clock_sleep_until(5000000) = ? (waits)",
        "process_exit(3) = ?",
    ]


def test_generated_files_are_current() -> None:
    again = "run python -m pvm.kernel.stubs"
    assert (ROOT / stubs.MANUAL_PATH).read_text() == stubs.manual(), again
    folder = ROOT / stubs.STUBS_FOLDER
    assert {path.name: path.read_text() for path in folder.iterdir()} == stubs.stubs(), again


def test_stub_text() -> None:
    text = stubs.stubs()["file.peb"]
    assert text.startswith("// DO NOT EDIT, from pvm/kernel/hypercalls/file.py\n")
    read = '@kernel("fd_read") pub fun fdRead(fd: Int, buf: Array<Byte>, start: Int, count: Int) -> Int\n'
    assert f"/// Negated errors: IO, BADF, ISDIR.\n{read}" in text
    process = stubs.stubs()["process.peb"]
    assert '@kernel("process_exit") pub fun processExit(status: Int)\n' in process
    assert '@kernel("process_arg") pub fun processArg(index: Int) -> String?\n' in process


def test_stubs_are_written(tmp_path: Path) -> None:
    assert stubs.main([str(tmp_path)]) == 0
    assert (tmp_path / "docs/abi.md").read_text() == stubs.manual()


def test_import_is_light() -> None:
    heavy = {"asyncio", "ctypes", "hashlib", "socket", "subprocess", "tempfile", "unittest"}
    text = "import sys; before = set(sys.modules); import pvm.kernel; print(*(set(sys.modules) - before))"
    child = subprocess.run([sys.executable, "-c", text], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy & set(child.stdout.split()) == set()


def test_task_needs_only_its_process() -> None:
    with Kernel() as kernel, kernel.new_process(["p"]) as process:
        assert kernel.call(FakeTask(process), kernel.resolve("process_arg_count"), ()) == 1


def test_each_name_is_found_in_its_family() -> None:
    assert [find(name) for name in HYPERCALLS] == list(HYPERCALLS.values())
    for name in ("fd_", "fd_closed", "hypercall", "Errno", "fd_GuestError", "", "nothing_at_all"):
        assert find(name) is None
    assert {f"pvm.kernel.hypercalls.{each}" for each in FAMILIES.values()} == {each.__name__ for each in table.FAMILIES}
