"""Locks exclude among guests whatever a file is mounted as, and reach the host only where it is granted for writing."""

from __future__ import annotations

import difflib
import fcntl
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm
from pvm.engines.direct.descriptors import OpenFiles
from pvm.engines.direct.locks import Locks

PROGRAM = Path(__file__).parent / "programs" / "locks.c"


@pytest.mark.parametrize("mode", ["memory", "ro", "overlay", "rw"])
def test_what_excludes_what(mode: str, compile_c: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("some text")
    program = compile_c(PROGRAM, "-pthread")
    native = subprocess.run([program, tmp_path / "file"], capture_output=True, check=True, timeout=60)
    grant = pvm.MemDir({"file": "some text"}) if mode == "memory" else pvm.HostDir(tmp_path, mode)  # type: ignore[arg-type]
    with pvm.Kernel(pvm.system_mounts() | {"/program": pvm.HostDir(program.parent), "/tree": grant}) as kernel:
        done = pvm.spawn(
            f"/program/{program.name}",
            [program.name, "/tree/file"],
            kernel=kernel,
            limits=pvm.GuestLimits(timeout=30),
        )
    expected, found = native.stdout.decode().splitlines(), (done.stdout or b"").decode().splitlines()
    assert list(difflib.unified_diff(expected, found, "host", "pvm", lineterm="", n=0)) == []
    assert (done.returncode, done.stderr) == (0, b"")


OLD_AND_NEW = """
import fcntl, os
def refused(file, how):
    try:
        how(file)
    except OSError as error:
        return error.strerror
    return "free"
flock = lambda file: fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
posix = lambda file: fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
first, second = open("/tree/file"), open("/tree/file")
flock(first)
fcntl.fcntl(second, 37, b"\\0" * 32)  # of its description, for reading
with open("/tree/file", "a") as changed:
    print(refused(changed, flock), refused(changed, posix))
    first.close()
    print(refused(changed, flock), refused(changed, posix))
    second.close()
    print(refused(changed, posix), refused(open("/tree/file"), flock))
"""


def test_who_locks_a_changed_file_meets_who_locked_it_before(
    contained: None, tool: Callable[[str], str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    path = tool("/usr/bin/python3")
    with pvm.Kernel(pvm.system_mounts() | {"/tree": pvm.HostDir(tmp_path, "overlay")}) as kernel:
        done = pvm.spawn(path, ["python3", "-c", OLD_AND_NEW], kernel=kernel, limits=pvm.GuestLimits(timeout=30))
    busy = "Resource temporarily unavailable"
    assert (done.stdout or b"").decode().splitlines() == [f"{busy} {busy}", f"free {busy}", f"free {busy}"]


HOLD = """
import fcntl
files = [open(f"/{name}/file") for name in ("read-only", "overlay")]
for file in files:
    fcntl.flock(file, fcntl.LOCK_EX)
    fcntl.lockf(file, fcntl.LOCK_SH)
    fcntl.fcntl(file, 37, b"\\0" * 32)
writable = open("/writable/file", "r+")
fcntl.lockf(writable, fcntl.LOCK_EX)
print("locked", flush=True)
input()
"""


def test_locks_reach_the_host_only_where_it_is_writable(
    contained: None, tool: Callable[[str], str], tmp_path: Path
) -> None:
    for name in ("kept", "below", "shared"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").touch()
    mounts = {
        "/read-only": pvm.HostDir(tmp_path / "kept"),
        "/overlay": pvm.HostDir(tmp_path / "below", mode="overlay"),
        "/writable": pvm.HostDir(tmp_path / "shared", mode="rw"),
    }
    path = tool("/usr/bin/python3")
    with (
        pvm.Kernel(pvm.system_mounts() | mounts) as kernel,
        pvm.start(path, ["python3", "-c", HOLD], kernel=kernel, stdin=pvm.PIPE, stdout=pvm.PIPE) as guest,
        (tmp_path / "kept" / "file").open("r+") as kept,
        (tmp_path / "below" / "file").open("r+") as below,
        (tmp_path / "shared" / "file").open("r+") as shared,
    ):
        assert guest.stdout is not None
        assert guest.stdout.read(7) == b"locked\n"
        for file in (kept, below):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(BlockingIOError):
            fcntl.lockf(shared, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_who_locks_a_file_of_the_host_in_spite_of_it_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a thread could that puts another file at a descriptor while a call goes on."""
    (tmp_path / "file").touch()
    with subprocess.Popen(
        ["/usr/bin/env", "python3", "-c", "import fcntl; f = open('file'); fcntl.lockf(f, 1); print(); input()"],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as cheat:
        assert cheat.stdout is not None
        cheat.stdout.readline()

        class Files(OpenFiles):
            def __init__(self) -> None:
                pass

            def known(self, identity: tuple[int, int]) -> None:
                return None

            def native_mount(self, descriptor: int) -> None:
                return None

            def is_stored(self, status: os.stat_result) -> bool:
                return False

            def new_store_file(self) -> int:
                return os.open("/dev/null", os.O_RDONLY)

        locks = Locks(Files(), list)
        locks.note_native(cheat.pid)
        for _ in range(5):
            locks.end_cheats()
        assert cheat.wait(timeout=30) == -9
        locks.close()
