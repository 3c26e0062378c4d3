"""``pvm fmt``: what it writes, and what it leaves alone."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path

import pytest

from pvm.cli.application import run_command

UGLY = 'fun main(){println("a")}   // greet\n'
NEAT = 'fun main() { println("a") }  // greet\n'
WRONG = "fun main( {\n"


class FakeStdin:
    """Standard input that holds some bytes."""

    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def write(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return str(path)


def test_a_file_is_rewritten_in_place(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.peb"
    name = write(path, UGLY)
    path.chmod(0o640)
    assert run_command(["fmt", name]) == 0
    assert path.read_text() == NEAT
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["a.peb"]  # noqa: PTH208
    assert capfd.readouterr() == ("", "")


def test_a_neat_file_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "a.peb"
    name = write(path, NEAT)
    before = path.stat()
    assert run_command(["fmt", name]) == 0
    after = path.stat()
    assert (after.st_mtime_ns, after.st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    target = tmp_path / "real" / "a.peb"
    write(target, UGLY)
    link = tmp_path / "link.peb"
    link.symlink_to(target)
    assert run_command(["fmt", str(link)]) == 0
    assert link.is_symlink()
    assert target.read_text() == NEAT


def test_check_lists_and_changes_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ugly, neat = write(tmp_path / "a.peb", UGLY), write(tmp_path / "b.peb", NEAT)
    assert run_command(["fmt", "--check", ugly, neat]) == 1
    assert capfd.readouterr().out == f"{ugly}\n"
    assert Path(ugly).read_text() == UGLY
    assert run_command(["fmt", "--check", neat]) == 0


def test_diff_shows_the_change(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    ugly = write(tmp_path / "a.peb", UGLY + "\n\n\nlet x = 1")
    assert run_command(["fmt", "--diff", ugly]) == 1
    assert capfd.readouterr().out == (
        f"--- {ugly}\n+++ {ugly} (formatted)\n@@ -1,5 +1,3 @@\n"
        f"-{UGLY}+{NEAT} \n-\n-\n-let x = 1\n\\ No newline at end of file\n+let x = 1\n"
    )


def test_standard_input_to_standard_output(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", FakeStdin(UGLY.encode()))
    assert run_command(["fmt", "-"]) == 0
    assert capfd.readouterr().out == NEAT
    monkeypatch.setattr(sys, "stdin", FakeStdin(UGLY.encode()))
    assert run_command(["fmt", "--check", "-"]) == 1
    assert capfd.readouterr().out == "<stdin>\n"


def test_folders_are_walked_in_order(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("b/c.peb", "a.peb", "b/a.peb", "a.txt", ".hidden/a.peb", ".a.peb"):
        write(tmp_path / name, UGLY)
    write(tmp_path / "made.peb", f"// DO NOT EDIT, from elsewhere\n{UGLY}")
    assert run_command(["fmt", "--check", str(tmp_path)]) == 1
    assert capfd.readouterr().out == "".join(f"{tmp_path}/{name}\n" for name in ("a.peb", "b/a.peb", "b/c.peb"))


def test_a_file_with_errors_is_reported_and_left(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wrong, ugly = write(tmp_path / "a.peb", WRONG), write(tmp_path / "b.peb", UGLY)
    assert run_command(["fmt", wrong, ugly]) == 125
    assert "error[E" in capfd.readouterr().err
    assert Path(wrong).read_text() == WRONG
    assert Path(ugly).read_text() == NEAT, "the others are formatted all the same"


@pytest.mark.parametrize(
    ("data", "status", "message"),
    [
        (b"\xff\xfe", 125, "error[E0100]"),
        (b"\0\0\0\0", 125, "error[E0100]"),
        (b"fun main() { spawn\n{ 3 } }\n", 125, "a.peb:1: cannot be formatted"),
        (None, 127, "no such file"),
    ],
)
def test_what_cannot_be_formatted(
    data: bytes | None, status: int, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.peb"
    if data is not None:
        path.write_bytes(data)
    assert run_command(["fmt", str(path)]) == status
    assert message in capfd.readouterr().err
    assert not path.exists() or path.read_bytes() == data


def test_files_have_to_be_named(capfd: pytest.CaptureFixture[str]) -> None:
    assert run_command(["fmt"]) == 125
    assert "missing argument" in capfd.readouterr().err
