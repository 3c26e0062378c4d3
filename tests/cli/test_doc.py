"""`pvm doc`: what it writes where, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from pvm.cli.application import run_command


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_program(capsys: pytest.CaptureFixture[str]) -> None:
    Path("main.peb").write_text("import part\n\n/// Begins.\nfun main() { part.f() }\n")
    Path("part.peb").write_text("/// Does.\npub fun f() { }\nfun g() { }\n")
    assert run_command(["doc", "main.peb"]) == 0
    assert capsys.readouterr().out == "doc/index.html: 2 modules, 8 files\n"
    assert "Begins." in Path("doc/module/main.html").read_text(encoding="utf-8")
    assert 'id="g"' not in Path("doc/module/part.html").read_text(encoding="utf-8")
    assert run_command(["doc", ".", "--private", "--title", "Mine"]) == 0
    assert 'id="g"' in Path("doc/module/part.html").read_text(encoding="utf-8")
    assert "<title>Mine</title>" in Path("doc/index.html").read_text(encoding="utf-8")


def test_stale_pages_go_and_other_files_stay() -> None:
    Path("main.peb").write_text("import part\nfun main() { part.f() }\n")
    Path("part.peb").write_text("pub fun f() { }\n")
    run_command(["doc", "main.peb"])
    Path("doc/mine.txt").write_text("mine")
    with Path("doc/.pvm-doc").open("a") as marker:
        marker.write("../main.peb\nmodule/../../main.peb\nmine.txt\n")
    Path("main.peb").write_text("fun main() { }\n")
    assert run_command(["doc", "main.peb"]) == 0
    assert not Path("doc/module/part.html").exists()
    assert not Path("doc/source/part.html").exists()
    assert Path("doc/mine.txt").exists()
    assert Path("main.peb").exists()


def test_module_of_the_library(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["doc", "math", "-o", "out/deep"]) == 0
    assert capsys.readouterr().out.startswith("out/deep/index.html: 1 modules")
    assert Path("out/deep/module/math.html").is_file()


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["nowhere.peb"], 127, "pvm: nowhere.peb: no such file"),
        (["nowhere"], 125, "no file and no module of the library is called 'nowhere'"),
        (["empty"], 125, "pvm: empty: is a folder without a main.peb"),
        (["wrong.peb"], 125, "error[E01"),
        (["math", "-o", "full"], 125, "pvm: full: has files that are not from pvm doc"),
        (["math", "-o", "wrong.peb"], 125, "pvm: wrong.peb: is a file, expected a folder"),
    ],
)
def test_refusals(arguments: list[str], status: int, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wrong.peb").write_text("fun (")
    Path("empty").mkdir()
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    assert run_command(["doc", *arguments]) == status
    assert message in capsys.readouterr().err
    assert [path.name for path in Path("full").iterdir()] == ["mine.txt"]
