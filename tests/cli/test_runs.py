"""The register of runs, and the commands that steer them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import pvm
from pvm import runs
from pvm.cli.application import run_command
from pvm.embed import steering
from tests.direct.conftest import build, contained  # noqa: F401 - fixtures

LOOP = "again: jmp again"


@pytest.fixture
def register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A register of its own."""
    folder = tmp_path / "runtime"
    monkeypatch.setenv("PVM_RUNTIME_DIR", str(folder))
    return folder


@pytest.fixture
def guest(
    contained: None,  # noqa: F811 - a fixture
    build: Callable[[str], bytes],  # noqa: F811 - the same
    register: Path,
) -> Iterator[pvm.Guest]:
    """A program that runs until it is ended."""
    with pvm.Kernel({"/bin": pvm.MemDir({"loop": build(LOOP)}, mode=0o755)}) as kernel:
        limits = pvm.GuestLimits(timeout=60)
        with pvm.start("/bin/loop", kernel=kernel, limits=limits, listed=True) as started:
            yield started


def test_runs_are_listed_while_they_run(guest: pvm.Guest, register: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert register.stat().st_mode & 0o777 == 0o700
    [run] = runs.runs()
    assert (run.pid, run.kind, run.program) == (os.getpid(), "linux", "/bin/loop")
    assert run_command(["ps"]) == 0
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["NAME", "PID", "KIND", "STATE", "PROCESSES", "TIME", "PROGRAM"]
    assert line.split()[:5] == [run.name, str(run.pid), "linux", "running", "1"]
    guest.close()
    assert runs.runs() == []
    assert list(register.iterdir()) == []


def test_a_run_is_suspended_resumed_and_killed(guest: pvm.Guest, capsys: pytest.CaptureFixture[str]) -> None:
    [run] = runs.runs()
    assert run_command(["suspend", run.name]) == 0
    assert guest.suspended
    assert steering.state_of(run) == ("suspended", 1)
    assert run_command(["suspend", str(run.pid)]) == 0  # it is, already
    assert run_command(["resume", run.name]) == 0
    assert not guest.suspended
    assert run_command(["suspend", run.name]) == 0
    assert run_command(["kill", run.name]) == 0
    assert guest.wait(20).status == 137
    assert run_command(["resume", "no-such-run"]) == 125
    assert "no run 'no-such-run'" in capsys.readouterr().err


def test_a_signal_reaches_the_program(guest: pvm.Guest) -> None:
    [run] = runs.runs()
    assert run_command(["kill", "--signal", "TERM", run.name]) == 0
    assert guest.wait(20).status == 128 + 15


@pytest.mark.parametrize("name", ["", "KILLED", "0", "65", "-1", "SIGSIG"])
def test_what_is_no_signal_is_refused(name: str, register: Path) -> None:
    assert run_command(["kill", f"--signal={name}", "1"]) == 125


def test_a_module_is_steered_by_its_process(register: Path) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    register.mkdir(mode=0o700)
    name = f"{child.pid}-0"
    since = runs.process_start(child.pid)
    (register / name).write_text(f"{runs.HEAD}\n{child.pid} {since}\nmodule\n5.0\nprogram.pbc\n")
    try:
        [run] = runs.runs()
        steering.suspend(run)
        os.waitid(os.P_PID, child.pid, os.WSTOPPED)
        assert steering.state_of(run) == ("suspended", 1)
        steering.resume(run)
        os.waitid(os.P_PID, child.pid, os.WCONTINUED)
        assert run_command(["kill", str(child.pid)]) == 0
        assert child.wait(20) == -9
        with pytest.raises(pvm.UsageError, match="ended"):
            steering.kill(run)
    finally:
        child.kill()
        child.communicate()
    assert runs.runs() == []
    assert list(register.iterdir()) == []


def test_entries_that_lie_are_removed(register: Path, tmp_path: Path) -> None:
    register.mkdir(mode=0o700)
    pid, since = os.getpid(), runs.process_start(os.getpid())
    good = f"{runs.HEAD}\n{pid} {since}\nmodule\n5.0\nx\n"
    secret = tmp_path / "secret"
    secret.write_text(good)
    entries = {
        f"{pid}-1": good.replace(str(since), str(since + 1)),
        f"{pid}-2": good.replace(f"{pid} ", "1 "),
        f"{pid}-3": good.replace("module", "wine"),
        f"{pid}-4": good.replace("x\n", "\x1b[2J\n"),
        f"{pid}-5": "",
        f"{pid}-6": good * 1000,
        f"{pid}-7": good.replace("5.0", "soon"),
        "1-0": good,
    }
    for name, text in entries.items():
        (register / name).write_text(text)
    (register / f"{pid}-8").symlink_to(secret)
    os.mkfifo(register / f"{pid}-9")
    (register / "folder").mkdir()
    (register / f"{pid}-0").write_text(good)
    assert [run.name for run in runs.runs()] == [f"{pid}-0"]
    assert secret.exists()


def test_a_directory_that_others_can_change_is_not_used(register: Path) -> None:
    register.mkdir()
    register.chmod(0o770)
    assert runs.register("module", "x") is None
    assert runs.runs() == []
    register.chmod(0o700)
    path = runs.register("module", "\x1b[2J\u00e9\udce9")
    assert path is not None
    assert [run.program for run in runs.runs()] == ["\\x1b[2J\\xe9\\udce9"]
    runs.unregister(path)


def test_who_says_nothing_keeps_nobody_waiting(guest: pvm.Guest, register: Path) -> None:
    import socket

    [run] = runs.runs()
    silent = []
    for _ in range(3):
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with steering.short_path(str(register / (run.name + runs.SOCKET))) as path:
            connection.connect(path)
        silent.append(connection)
    assert steering.ask(run, "nonsense") == "what?"
    assert steering.ask(run, "signal 99999") == "what?"
    assert steering.state_of(run) == ("running", 1)
    for connection in silent:
        connection.close()
