"""A C program for each family of calls prints every result: the same on the bare host and in PVM."""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import pvm

PROGRAMS = Path(__file__).parent / "programs"
FAMILIES = ("attributes", "datagrams", "events", "files", "memory", "processes", "restrictions", "threads")


def test_every_program_is_in_a_family() -> None:
    others = {"clock", "escapes", "locks", "network", "shim", "timeouts", "trespasses"}
    assert {path.stem for path in PROGRAMS.glob("*.c")} == {*FAMILIES, *others}


@pytest.mark.parametrize("linking", ["-static", "-pie"])
@pytest.mark.parametrize("family", FAMILIES)
def test_family(family: str, linking: str, compile_c: Callable[..., Path], tmp_path: Path) -> None:
    program = compile_c(PROGRAMS / f"{family}.c", linking, "-pthread")
    (tmp_path / "tmp").mkdir()
    native = subprocess.run(
        [program], cwd=tmp_path / "tmp", capture_output=True, check=False, timeout=60, env={"LANG": "C"}, umask=0o22
    )
    mounts = pvm.system_mounts() | {"/program": pvm.HostDir(program.parent)}
    with pvm.Kernel(mounts) as kernel:
        done = pvm.spawn(
            f"/program/{program.name}",
            [str(program)],
            kernel=kernel,
            cwd="/tmp",
            env={"LANG": "C"},
            limits=pvm.GuestLimits(timeout=30),
        )
    expected, found = native.stdout.decode().splitlines(), (done.stdout or b"").decode().splitlines()
    assert list(difflib.unified_diff(expected, found, "host", "pvm", lineterm="", n=0)) == []
    assert (done.returncode, done.stderr) == (native.returncode, native.stderr)
    assert len(expected) > 1
