"""The shared options and fixtures, tried on a planted test file in a pytest run of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

CONFTEST = Path(__file__).with_name("conftest.py")

PLANTED = """
def test_absent(tool): tool("pvm-no-such-program")
def test_absent_again(tool): tool("pvm-no-such-program")
def test_present(tool): assert tool("python-of-the-test").endswith("python-of-the-test")
def test_one(engine): assert engine in ("reference", "interpreter", "jit")
def test_all(engines): assert engines == ("reference", "interpreter", "jit")
def test_options(bless, fuzz_factor, fuzz_seed): assert (bless, fuzz_factor, fuzz_seed) == (True, 7, 42)
"""


def run_planted(folder: Path, *options: str) -> tuple[int, list[str]]:
    (folder / "conftest.py").write_text(CONFTEST.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "test_planted.py").write_text(PLANTED, encoding="utf-8")
    programs = folder / "programs"
    programs.mkdir()
    (programs / "python-of-the-test").symlink_to(sys.executable)
    child = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_planted.py"],
        cwd=folder,
        env={"PATH": str(programs)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return child.returncode, child.stdout.splitlines()


@pytest.mark.parametrize("workers", ["0", "1"])
def test_missing_tool_is_reported_as_not_run(tmp_path: Path, workers: str) -> None:
    status, lines = run_planted(tmp_path, "-n", workers, "--bless", "--fuzz-factor=7", "--fuzz-seed=42")
    assert status == 0, "\n".join(lines)
    assert "not run: pvm-no-such-program (2 tests left out)" in lines
    assert lines[-1].startswith("6 passed, 2 skipped in ")


def test_unknown_engine_is_refused(tmp_path: Path) -> None:
    status, lines = run_planted(tmp_path, "--engine=steam")
    assert status == pytest.ExitCode.USAGE_ERROR, "\n".join(lines)
