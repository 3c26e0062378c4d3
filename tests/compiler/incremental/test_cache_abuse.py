"""The cache may be damaged, removed, shared or unwritable: that costs time and nothing else."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.build import build_bytes
from compiler.incremental.memory import Memory
from compiler.syntax import cache
from pvm import user_cache
from tests.compiler.incremental.edits import single_program

PROGRAM = single_program("lru_cache")["main.peb"]
CHANGED = PROGRAM.replace("fun main() {", "fun main() {\n    println(1)", 1)
FLIPS = 12


@pytest.fixture
def folder(own_cache: Path, tmp_path: Path) -> Path:
    """A folder with a program, and a cache of this test's own beside it."""
    (tmp_path / "program").mkdir()
    return tmp_path / "program"


def build(text: str, folder: Path) -> bytes:
    return build_bytes(text.encode(), "main.peb", folder)


def entries(*kinds: str) -> list[Path]:
    directory = user_cache.cache_directory()
    assert directory is not None
    return sorted(path for path in Path(directory).iterdir() if path.name.split("-")[0] in kinds)


def test_records_of_the_program_and_of_the_library_are_there(folder: Path) -> None:
    build(PROGRAM, folder)
    assert len(entries("incremental")) == 1
    assert len(entries("library")) == 1


@pytest.mark.parametrize("kind", ["incremental", "library", "program"])
def test_any_damage_is_compiled_over(folder: Path, kind: str) -> None:
    draw = random.Random(kind)
    expected = {text: build(text, folder) for text in (PROGRAM, CHANGED)}
    for number in range(FLIPS):
        path = draw.choice(entries(kind))
        data = bytearray(path.read_bytes())
        if number % 3:
            data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
        else:
            del data[draw.randrange(len(data)) :]
        path.write_bytes(data)
        for other in entries("program") if kind != "program" else ():
            other.unlink()
        text = (PROGRAM, CHANGED)[number % 2]
        assert build(text, folder) == expected[text]


def test_an_entry_under_the_name_of_another_counts_as_missing(folder: Path) -> None:
    expected = build(PROGRAM, folder)
    for path, other in zip(entries("incremental", "library"), reversed(entries("incremental", "library")), strict=True):
        path.write_bytes(other.read_bytes())
    assert build(CHANGED, folder) != expected
    assert build(PROGRAM, folder) == expected


def test_records_of_another_form_count_as_missing(folder: Path) -> None:
    expected = build(PROGRAM, folder)
    forms: list[object] = [[], (1, 2), ({}, {}, {}, {}), None, ([], {}, 1)]
    for kind in ("incremental", "library"):
        for form in forms:
            for path in entries(kind):
                cache.store(kind, path.name.partition("-")[2], form)
            for path in entries("program"):
                path.unlink()
            assert build(PROGRAM, folder) == expected


def test_a_cache_that_vanishes_meanwhile_is_no_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = build(PROGRAM, folder)
    original = Memory.begin

    def begin(self: Memory, session: object) -> None:
        original(self, session)  # type: ignore[arg-type]
        for path in entries("incremental", "library", "ast", "tables", "program"):
            path.unlink()

    monkeypatch.setattr(Memory, "begin", begin)
    assert build(CHANGED, folder) != expected
    assert build(PROGRAM, folder) == expected


@pytest.mark.parametrize("mode", [0o755, 0o770, 0o777])
def test_a_directory_that_others_may_write_is_not_used(folder: Path, mode: int) -> None:
    expected = build(PROGRAM, folder)
    directory = Path(os.environ["PVM_CACHE_DIR"])
    before = {path.name: path.read_bytes() for path in directory.iterdir()}
    directory.chmod(mode)
    assert user_cache.cache_directory() is None
    assert build(CHANGED, folder) != expected
    assert {path.name: path.read_bytes() for path in directory.iterdir()} == before


def test_a_directory_that_cannot_be_made_costs_only_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = build(PROGRAM, folder)
    (folder / "file").write_text("")
    monkeypatch.setenv("PVM_CACHE_DIR", str(folder / "file" / "cache"))
    assert build(PROGRAM, folder) == expected


def test_processes_may_share_a_cache(folder: Path) -> None:
    names = {"one.peb": PROGRAM, "two.peb": CHANGED}
    expected = {}
    for name, text in names.items():
        (folder / name).write_text(text, encoding="utf-8")
        expected[name] = build_bytes(text.encode(), name, folder)
    for path in entries("incremental", "library", "program"):
        path.unlink()
    jobs = []
    for number in range(3):
        for name in names:
            made = folder / f"{name}{number}.pbc"
            command = [sys.executable, "-m", "pvm", "compile", str(folder / name), "-o", str(made)]
            jobs.append((name, made, subprocess.Popen(command)))
    statuses = [job.wait(60) for _, _, job in jobs]
    assert statuses == [0] * len(jobs)
    assert [made.read_bytes() == expected[name] for name, made, _ in jobs] == [True] * len(jobs)
