"""What is virtual for Linux programs: clock, randomness, machine, processes, trace."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

import pvm
from pvm.engines.direct import guest

pytestmark = pytest.mark.usefixtures("contained")
Tool = Callable[[str], str]


def busybox(tool: Tool, script: str, **options: object) -> str:
    tool("busybox")
    with pvm.Kernel(pvm.system_mounts(), **options) as kernel:  # type: ignore[arg-type]
        done = pvm.spawn(
            "/bin/busybox", ["sh", "-c", script], kernel=kernel, cwd="/tmp", limits=pvm.GuestLimits(timeout=20)
        )
    assert (done.returncode, done.stderr) == (0, b"")
    return (done.stdout or b"").decode()


def test_the_virtual_clock_moves_with_the_program(tool: Tool) -> None:
    script = "busybox date -u +%F; busybox sleep 86400; busybox date -u +%F; echo x > f; busybox stat -c %y f"
    assert busybox(tool, script, clock="virtual").split()[:3] == ["2000-01-01", "2000-01-02", "2000-01-02"]


def test_randomness_repeats_with_a_seed(tool: Tool) -> None:
    script = "busybox head -c 8 /dev/urandom | busybox od -An -tx1; busybox mktemp -u XXXXXX"
    first, second, other = (busybox(tool, script, seed=seed) for seed in (1, 1, 2))
    assert first == second != other


def test_the_machine_is_invented(tool: Tool) -> None:
    script = """
        busybox uname -nrv; busybox hostname; busybox cat /proc/version /proc/sys/kernel/hostname
        busybox grep MemTotal /proc/meminfo; busybox free -m | busybox awk '/^Mem/ { print $2 }'; busybox id -u
    """
    assert busybox(tool, script).split("\n") == [
        "pvm 6.1.0-pvm #1 SMP PVM",
        "pvm",
        "Linux version 6.1.0-pvm (pvm) #1 SMP PVM",
        "pvm",
        "MemTotal:        1048576 kB",
        "1024",
        "0",
        "",
    ]


def test_processes_see_themselves_only(tool: Tool) -> None:
    script = """
        busybox sleep 10 & busybox ps -o pid,args | busybox grep -c 'sleep 1[0]'
        busybox ls /proc | busybox grep -c '^[0-9]'; busybox cat /proc/$!/cmdline | busybox tr '\\000' ' '; echo
        busybox readlink /proc/self/exe; busybox readlink /proc/$!/cwd; kill $!; busybox grep PPid /proc/self/status
        busybox ls /proc/self/fd | busybox wc -l; busybox awk '{ print $1, $4 }' /proc/self/stat
        [ -e /proc/1 ] || echo no init
    """
    lines = busybox(tool, script).split("\n")
    # The sleeper and the shell, whose script names it; and what the shell forked for the pipe, until it executes.
    assert 2 <= int(lines[0]) <= 4
    assert int(lines[1]) >= 3
    assert lines[2:5] == ["busybox sleep 10 ", "/bin/busybox", "/tmp"]
    assert lines[5] == "PPid:\t2"
    assert re.fullmatch(r"\d+ 2", lines[7])
    assert lines[8] == "no init"


def test_the_trace_comes_from_the_table(tool: Tool) -> None:
    lines: list[str] = []
    busybox(tool, "echo hi > f; busybox cat f none 2>/dev/null || exit 0", trace=lines.append)
    calls = [line.partition("] ")[2] for line in lines]
    assert 'write(1, "hi\\n", 3) = (native)' in calls
    assert any(re.fullmatch(r'open(at)?\(.*"none", .*\) = -2 ENOENT', call) for call in calls)
    assert any(re.match(r'execve\("/proc/self/exe|execve\("/.*busybox"', call) for call in calls)


def test_a_kernel_keeps_its_files_between_runs(tool: Tool) -> None:
    tool("busybox")
    with pvm.Kernel(pvm.system_mounts()) as kernel:
        for script, expected in (("echo one > /tmp/f", b""), ("echo two >> /tmp/f; cat /tmp/f", b"one\ntwo\n")):
            assert pvm.spawn("/bin/busybox", ["sh", "-c", script], kernel=kernel).stdout == expected
        assert kernel.read_file("/tmp/f") == b"one\ntwo\n"
        kernel.write_file("/tmp/f", "three")
        assert pvm.spawn("/bin/busybox", ["cat", "/tmp/f"], kernel=kernel).stdout == b"three"


def test_guests_of_one_kernel_see_their_own_processes(tool: Tool) -> None:
    tool("busybox")
    with pvm.Kernel(pvm.system_mounts()) as kernel:
        show = "busybox cat /proc/self/cmdline | busybox tr '\\000' ' '"
        script = f"read go; for i in 1 2 3 4 5; do {show}; done; echo; ls /proc"
        guests = [
            pvm.start("/bin/busybox", ["sh", "-c", script, str(n)], kernel=kernel, stdin=pvm.PIPE, stdout=pvm.CAPTURE)
            for n in range(3)
        ]
        for running in guests:
            assert running.stdin is not None
            running.stdin.write(b"go\n")
            running.stdin.close()
        for running in guests:
            shown = (running.wait(30).stdout or b"").decode()
            assert shown.startswith("busybox cat /proc/self/cmdline " * 5)
            assert len([line for line in shown.split() if line.isdecimal()]) <= 2


def test_processes_are_found_without_lists_of_children(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guest, "LISTS_CHILDREN", False)
    script = "cd /usr; (busybox sleep 0.01; pwd) & cd /; wait; busybox ps -o args | busybox grep -c 'busybox [p]s'"
    assert busybox(tool, script) == "/usr\n2\n"
