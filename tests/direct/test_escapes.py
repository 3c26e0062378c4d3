"""Attempts to get out of the jail and to use up the machine: each must fail as it should."""

from __future__ import annotations

import errno
import os
import resource
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct import machine
from pvm.engines.direct.control_group import FIRST, SECOND, ControlGroup, candidates, remove_stale

SOURCE = Path(__file__).parent / "programs" / "escapes.c"
Attempt = Callable[..., pvm.Completed]


@pytest.fixture
def attempt(compile_c: Callable[..., Path], tmp_path: Path) -> Attempt:
    """Run one attempt of ``escapes.c``."""
    program = compile_c(SOURCE, "-static", "-pthread")
    (tmp_path / "file").write_text("granted\n")

    def run(name: str, **options: object) -> pvm.Completed:
        mounts = {"/program": pvm.HostDir(program.parent, only=program.name), "/read-only": pvm.HostDir(tmp_path)}
        with pvm.Kernel({"/": pvm.MemDir({"tmp/x": ""}), **mounts}) as kernel:
            limits = pvm.GuestLimits(timeout=20)
            path = f"/program/{program.name}"
            return pvm.spawn(path, ["escapes", name], kernel=kernel, limits=limits, **options)  # type: ignore[arg-type]

    return run


@pytest.mark.parametrize("name", ["paths", "descriptors", "processes", "namespaces", "interfaces", "races"])
def test_attempt_is_held(name: str, attempt: Attempt) -> None:
    done = attempt(name)
    assert (done.stdout, done.stderr, done.returncode) == (b"held\n", b"", 0)


@pytest.mark.parametrize("name", ["shim", "shim-races"])
def test_the_shim_leads_nowhere_else(name: str, compile_c: Callable[..., Path]) -> None:
    program = compile_c(SOURCE, "-static", "-pthread")
    with tempfile.TemporaryDirectory(prefix="pvm-test-") as folder:
        granted = Path(folder, "granted")
        granted.mkdir()
        for place in (granted.parent, granted):
            place.chmod(0o755)  # programs that root starts run as nobody
        (granted.parent / "host-secret").write_text("secret\n")
        (granted / "file").write_text("granted\n")
        (granted / "program").write_bytes(program.read_bytes())
        (granted / "program").chmod(0o755)
        (granted / "up").symlink_to("/etc")
        os.mkfifo(granted / "pipe")
        mounts = {"/program": pvm.HostDir(program.parent, only=program.name), "/read-only": pvm.HostDir(granted)}
        with pvm.Kernel({"/": pvm.MemDir({"tmp/x": ""})} | mounts) as kernel:
            path = f"/program/{program.name}"
            done = pvm.spawn(path, ["escapes", name], kernel=kernel, limits=pvm.GuestLimits(timeout=60))
        assert (done.stdout, done.stderr, done.returncode) == (b"held\n", b"", 0)
        assert sorted(path.name for path in granted.iterdir()) == ["file", "pipe", "program", "up"]


def test_what_is_swapped_leads_nowhere_else(compile_c: Callable[..., Path]) -> None:
    program = compile_c(SOURCE, "-static", "-pthread")
    with tempfile.TemporaryDirectory(prefix="pvm-test-") as folder:
        granted = Path(folder)
        granted.chmod(0o755)  # programs that root starts run as nobody
        (granted / "a").mkdir()
        (granted / "a" / "shadow").write_text("granted\n")
        mounts = {"/program": pvm.HostDir(program.parent, only=program.name), "/read-only": pvm.HostDir(granted)}
        mounts["/writable"] = pvm.HostDir(granted, mode="rw")
        with pvm.Kernel(mounts) as kernel:
            path = f"/program/{program.name}"
            done = pvm.spawn(path, ["escapes", "swaps"], kernel=kernel, limits=pvm.GuestLimits(timeout=60))
        assert (done.stdout, done.stderr, done.returncode) == (b"held\n", b"", 0)


def test_a_guest_cannot_turn_the_clock_back(compile_c: Callable[..., Path]) -> None:
    program = compile_c(SOURCE, "-static", "-pthread")
    with pvm.Kernel({"/program": pvm.HostDir(program.parent, only=program.name)}, clock="virtual") as kernel:
        before = kernel.clock.monotonic()
        for _ in range(3):
            done = pvm.spawn(f"/program/{program.name}", ["escapes", "clock"], kernel=kernel)
            assert (done.stdout, done.returncode) == (b"held\n", 0)
            assert kernel.clock.monotonic() >= before
            before = kernel.clock.monotonic()


def test_sockets_of_the_host_are_out_of_reach(attempt: Attempt) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("\0pvm-host-socket")
        listener.listen(1)
        listener.setblocking(False)
        assert attempt("interfaces").stdout == b"held\n"
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("name", ["foreign", "x32"])
def test_foreign_calls_end_the_program(name: str, attempt: Attempt) -> None:
    done = attempt(name)
    assert (done.returncode, done.stdout) == (-signal.SIGSYS, b"")


def test_nothing_of_this_process_is_inherited(attempt: Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = os.open("/", os.O_RDONLY)
    high = os.dup2(secret, 900, inheritable=True)
    monkeypatch.setenv("SECRET", "of the host")
    try:
        assert attempt("descriptors").stdout == b"held\n"
    finally:
        os.close(secret)
        os.close(high)


SHELL = "/bin/busybox"


def shell(tool: Callable[[str], str], script: str, **limits: object) -> pvm.Completed:
    path = tool("busybox")
    mounts = {"/bin": pvm.HostDir(Path(path).parent, only="busybox"), "/tmp": pvm.MemDir()}
    with pvm.Kernel(mounts, quotas=pvm.Quotas(bytes=8 << 20, file_size=4 << 20, files=100)) as kernel:
        chosen = pvm.GuestLimits(**({"timeout": 10} | limits))  # type: ignore[arg-type]
        return pvm.spawn(SHELL, ["busybox", "sh", "-c", script], kernel=kernel, limits=chosen)


def test_environment_is_not_inherited(
    contained: None, tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "of the host")
    done = shell(tool, "busybox env; busybox cat /proc/self/environ; busybox cat /proc/1/environ")
    assert b"SECRET" not in (done.stdout or b"")


def test_fork_bomb_is_bounded(contained: None, tool: Callable[[str], str]) -> None:
    started = time.monotonic()
    done = shell(tool, "f() { f & f & }; f 2>/dev/null; busybox sleep 100", processes=20, timeout=1)
    assert done.limit == "time"
    assert time.monotonic() - started < 8


def test_memory_of_all_processes_is_bounded(contained: None, tool: Callable[[str], str]) -> None:
    """Each process stays below the limit, all together do not."""
    one = "busybox dd if=/dev/zero bs=40M count=1 2>/dev/null | busybox sleep 5"
    hold = "x=$(busybox dd if=/dev/zero bs=20M count=1 2>/dev/null | busybox tr '\\000' x); busybox sleep 5"
    done = shell(tool, f"for i in 1 2 3 4 5 6; do ({hold}) & done; wait; {one}", memory="100M")
    assert (done.limit, done.status) == ("memory", 137)


def test_storage_is_bounded(contained: None, tool: Callable[[str], str]) -> None:
    script = """
        cd /tmp
        for i in 1 2 3 4 5 6 7 8; do busybox dd if=/dev/zero of=f$i bs=1M count=3 2>/dev/null || echo full $i; done
        busybox rm f*
        i=0; while [ $i -lt 200 ]; do busybox touch n$i 2>/dev/null || break; i=$((i+1)); done
        echo $i files
    """
    done = shell(tool, script)
    assert b"full" in (done.stdout or b"")
    made = int((done.stdout or b"").split()[-2])
    assert made <= 100


def test_large_file_is_refused(contained: None, tool: Callable[[str], str]) -> None:
    done = shell(tool, "trap '' XFSZ; busybox dd if=/dev/zero of=/tmp/f bs=1M count=5; busybox wc -c < /tmp/f")
    assert (done.stdout or b"").split() == [str(4 << 20).encode()]


def test_the_tree_ends_with_its_first_process(contained: None, tool: Callable[[str], str]) -> None:
    started = time.monotonic()
    done = shell(tool, "(trap '' HUP TERM; busybox sleep 60) & exit 3")
    assert done.returncode == 3
    assert time.monotonic() - started < 5


BOMB = """
    mov $0x500000, %edi                 # 2,000 pointers to one text of 45,000 bytes
    mov $0x41, %al
    mov $45000, %ecx
    mov $0x504000, %edi
    rep stosb
    movb $0, (%rdi)
    mov $0x500000, %edi
    mov $0x504000, %eax
    mov $2000, %ecx
    rep stosq
    lea name(%rip), %rdi
    mov $0x500000, %esi
    mov $0x500000, %edx
    mov $59, %eax
    syscall
    neg %eax
    mov %eax, %edi
    mov $231, %eax
    syscall
name: .byte 47, 112, 0
"""


def test_arguments_do_not_fill_the_memory_of_the_host(contained: None, build: Callable[[str], bytes]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pvm.Kernel({"/": pvm.MemDir({"p": build(BOMB)}, mode=0o755)}) as kernel:
        assert pvm.spawn("/p", kernel=kernel).returncode == errno.E2BIG
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10


def test_killed_processes_are_forgotten(contained: None, tool: Callable[[str], str]) -> None:
    """Each process that the supervisor knows holds descriptors of the host: those that nobody ends in order, too."""

    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    tool("busybox")
    script = (
        "i=0; while [ $i -lt 150 ]; do (: < /bin/busybox; kill -9 $(busybox sh -c 'echo $PPID')) ; i=$((i+1)); done"
    )
    before = descriptors()
    most = 0
    mounts = pvm.system_mounts()
    with (
        pvm.Kernel(mounts) as kernel,
        pvm.start("/bin/busybox", ["sh", "-c", script], kernel=kernel, stderr=None) as guest,
    ):
        while guest.poll() is None:
            most = max(most, descriptors() - before)
            time.sleep(0.01)
    assert most < 100


SHARED = "import mmap; m = mmap.mmap(-1, 2 << 30); [m.__setitem__(i, 1) for i in range(0, 2 << 30, 4096)]"


@pytest.mark.parametrize("grouped", [True, False])
def test_shared_memory_is_bounded(
    grouped: bool, contained: None, tool: Callable[[str], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a control group of the host, where it lets us make one, and without."""
    tool("python3")
    if not grouped:
        monkeypatch.setattr(ControlGroup, "make", lambda _memory: None)
    monkeypatch.setattr(machine, "GROUP_AFTER", 0.0)
    with pvm.Kernel(pvm.system_mounts(), quotas=pvm.Quotas(bytes=1 << 20)) as kernel:
        limits = pvm.GuestLimits(memory="200M", timeout=30)
        done = pvm.spawn("/usr/bin/python3", ["python3", "-c", SHARED], kernel=kernel, limits=limits)
    assert (done.limit, done.status) == ("memory", 137)
    groups = list(Path("/sys/fs/cgroup").rglob(f"pvm-{os.getpid()}-*"))
    assert groups == []


def test_groups_of_processes_that_were_killed_are_removed(tmp_path: Path) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    stale, used = (tmp_path / f"pvm-{pid}-0" for pid in (ended.pid, os.getpid()))
    for folder in (stale, used):
        folder.mkdir()
    (tmp_path / "else").mkdir()
    remove_stale(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["else", used.name]


def test_places_for_control_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {
        "/proc/self/cgroup": "4:memory,pids:/a/b\n3:cpu:/c\n0::/user/app\n",
        "/proc/self/mountinfo": (
            "1 0 0:1 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory,pids\n"
            "2 0 0:2 /a /elsewhere rw shared:1 - cgroup cgroup rw,memory,pids\n"
            "3 0 0:3 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n"
            "4 0 0:4 / /proc rw - proc proc rw\n"
        ),
    }
    monkeypatch.setattr(Path, "read_text", lambda self, **_: texts[str(self)])
    assert [(version.kind, str(folder)) for version, folder in candidates()] == [
        ("cgroup", "/sys/fs/cgroup/memory/a/b"),
        ("cgroup", "/elsewhere/b"),
        ("cgroup2", "/sys/fs/cgroup/unified/user/app"),
        ("cgroup2", "/sys/fs/cgroup/unified/user"),
    ]


def test_a_writable_host_mount_does_not_fill_the_disk(
    contained: None, tool: Callable[[str], str], tmp_path: Path
) -> None:
    tool("busybox")
    script = "i=0; while :; do busybox dd if=/dev/zero of=/out/f$i bs=64k count=16 2>/dev/null; i=$((i+1)); done"
    mounts = pvm.system_mounts() | {"/out": pvm.HostDir(tmp_path, "rw")}
    with pvm.Kernel(mounts, quotas=pvm.Quotas(bytes=4 << 20)) as kernel:
        limits = pvm.GuestLimits(timeout=30)
        done = pvm.spawn("/bin/busybox", ["sh", "-c", script], kernel=kernel, limits=limits)
    assert (done.limit, done.status) == ("storage", 124)
    written = sum(path.stat().st_size for path in tmp_path.iterdir())
    assert 4 << 20 < written < 200 << 20


def test_processes_that_die_at_any_moment_do_no_harm(contained: None, tool: Callable[[str], str]) -> None:
    """Signals end processes while the supervisor maps their programs or answers their calls."""
    tool("busybox")
    script = """
        i=0
        while [ $i -lt 40 ]; do
            (while :; do busybox ls / > /dev/null; done) & one=$!
            (busybox find /usr/share/doc > /dev/null) & two=$!
            busybox usleep $((i * 700)); kill -9 $one $two; wait
            i=$((i+1))
        done 2>/dev/null
        echo survived
    """
    with pvm.Kernel(pvm.system_mounts()) as kernel:
        done = pvm.spawn("/bin/busybox", ["sh", "-c", script], kernel=kernel, limits=pvm.GuestLimits(timeout=60))
    assert (done.returncode, done.stdout) == (0, b"survived\n")


def test_a_group_freezes_where_the_host_can(tmp_path: Path) -> None:
    assert ControlGroup(tmp_path, SECOND).freeze(frozen=True)
    assert (tmp_path / "cgroup.freeze").read_text() == "1"
    assert ControlGroup(tmp_path, SECOND).freeze(frozen=False)
    assert (tmp_path / "cgroup.freeze").read_text() == "0"
    assert not ControlGroup(tmp_path, FIRST).freeze(frozen=True)
    assert not ControlGroup(tmp_path / "gone", SECOND).freeze(frozen=True)
