"""`pvm new`: the project it makes is a working one, and it makes nothing over what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from pvm.cli.application import run_command


def test_project_runs_and_passes_its_tests(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "hello"
    assert run_command(["new", str(folder)]) == 0
    assert sorted(path.name for path in folder.iterdir()) == [".gitignore", "README.md", "greeting.peb", "main.peb"]
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# hello\n")
    capfd.readouterr()
    assert run_command(["run", str(folder / "main.peb"), "Ada", "Bob"]) == 0
    assert capfd.readouterr().out == "Hello, Ada!\nHello, Bob!\n"
    assert run_command(["test", str(folder)]) == 0
    assert "2 passed in" in capfd.readouterr().out


def test_project_has_no_warnings(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run_command(["new", str(tmp_path / "hello")])
    capfd.readouterr()
    assert run_command(["compile", str(tmp_path / "hello" / "main.peb")]) == 0
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("name", ["", "9lives", "-x", "a b", "a.b", "é", "x" * 65, ".", ".."])
def test_bad_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run_command(["new", "--", name]) == 125
    assert "is no name for a project" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("file", "folder", "link"):
        assert run_command(["new", str(tmp_path / name)]) == 125
        assert "is there already" in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"
    assert list((tmp_path / "folder").iterdir()) == []


def test_parent_must_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["new", str(tmp_path / "no" / "where")]) == 125
    assert "is not there" in capsys.readouterr().err
