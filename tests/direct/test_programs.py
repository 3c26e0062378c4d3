"""Small programs, assembled on the spot: start, arguments, output, exit, limits."""

from __future__ import annotations

import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.cli.application import run_command

Run = Callable[..., pvm.Completed]
Build = Callable[[str], bytes]

HELLO = """
    mov $1, %eax
    mov $1, %edi
    lea text(%rip), %rsi
    mov $6, %edx
    syscall
    mov (%rsp), %rdi                    # the number of arguments is the status
    mov $231, %eax
    syscall
text: .byte 104, 101, 108, 108, 111, 10
"""
LOOP = "again: jmp again"
CRASH = "mov (0), %rax"


def test_output_arguments_and_status(run: Run, build: Build) -> None:
    done = run(build(HELLO), "one", "two")
    assert (done.returncode, done.stdout, done.stderr, done.limit) == (3, b"hello\n", b"", "")


def test_a_signal_is_a_negative_status(run: Run, build: Build) -> None:
    done = run(build(CRASH))
    assert (done.returncode, done.status) == (-signal.SIGSEGV, 128 + signal.SIGSEGV)


@pytest.mark.parametrize(("limit", "value"), [("timeout", 0.1), ("cpu", 0.1)])
def test_time_is_limited(run: Run, build: Build, limit: str, value: float) -> None:
    done = run(build(LOOP), limits=pvm.GuestLimits(**{limit: value}))
    assert (done.limit, done.status) == ({"timeout": "time"}.get(limit, limit), 124)


def test_what_is_no_program_is_refused(contained: None) -> None:
    with pytest.raises(pvm.GuestError, match="Exec format error"):
        pvm.spawn("/x", kernel=pvm.Kernel({"/": pvm.MemDir({"x": "text"}, mode=0o755)}))
    with pytest.raises(pvm.GuestError, match="No such file"):
        pvm.spawn("/y")


def test_all_walls_stand(contained: None, build: Build) -> None:
    from pvm.engines.direct.jail import WALLS

    with (
        pvm.Kernel({"/": pvm.MemDir({"x": build(LOOP)}, mode=0o755)}) as kernel,
        pvm.start("/x", kernel=kernel) as guest,
    ):
        assert set(guest.walls) == set(WALLS)


def test_pvm_run_passes_everything_through(
    contained: None, build: Build, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "hello"
    path.write_bytes(build(HELLO))
    path.chmod(0o755)
    assert run_command(["run", str(path), "a", "b", "c"]) == 4
    assert capfd.readouterr().out == "hello\n"
    path.write_bytes(build(LOOP))
    assert run_command(["run", "--timeout", "100ms", str(path)]) == 124
    assert capfd.readouterr().err == "pvm: the program was ended: its time is used up (--timeout sets this limit)\n"


def test_no_unknown_wall_is_lowered(contained: None) -> None:
    with pytest.raises(pvm.UsageError, match="moat"):
        pvm.start("/x", kernel=pvm.Kernel(), lower=["moat"])


def test_a_tree_or_an_archive_runs_as_itself(
    contained: None, build: Build, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "root" / "bin").mkdir(parents=True)
    program = tmp_path / "root" / "bin" / "hello"
    program.write_bytes(build(HELLO))
    program.chmod(0o755)
    with tarfile.open(tmp_path / "root.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "root", ".")
    for root in ("root", "root.tar.gz"):
        assert run_command(["run", "--root", str(tmp_path / root), "/bin/hello", "a"]) == 2
        assert capfd.readouterr().out == "hello\n"
        assert run_command(["run", "--root", str(tmp_path / root), "/bin/none"]) == 127
    assert run_command(["run", "--root", str(tmp_path / "none"), "/bin/hello"]) == 125


def test_no_privileges_are_needed(contained: None, build: Build, tool: Callable[[str], str], tmp_path: Path) -> None:
    """In a user namespace that knows one user, as an unprivileged one does."""
    path = tmp_path / "hello"
    path.write_bytes(build(HELLO))
    path.chmod(0o755)
    command = [tool("unshare"), "--user", "--map-root-user", sys.executable, "-m", "pvm", "run", str(path)]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"hello\n", b"")
