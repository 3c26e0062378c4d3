"""After any edit, compiling again gives what compiling from nothing gives: the same bytes, the same diagnostics."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from compiler.diagnostics import Diagnostics, render_all
from compiler.driver import compile_tracked
from compiler.incremental.memory import Memory
from pvm.errors import CompileError
from pvm.pbc.writer import write_module
from tests.compiler.incremental.edits import edit, large_program, single_program

ROUNDS = 12
SINGLE = ("database", "generic_containers", "scheduler")

pytestmark = pytest.mark.usefixtures("own_cache")


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())


def outcome(folder: Path, *, with_memory: bool) -> tuple[bytes, str]:
    """The module and what was reported; no bytes for a program with errors."""
    memory = Memory("main.peb", folder, b"toolchain") if with_memory else None
    found = Diagnostics()
    data = (folder / "main.peb").read_bytes()
    try:
        module, _ = compile_tracked(data, "main.peb", folder=folder, diagnostics=found, memory=memory)
    except CompileError as error:
        return b"", error.rendered
    return write_module(module), render_all(found)


def check_edits(folder: Path, files: dict[str, str], draw: random.Random, rounds: int) -> int:
    """Edit a program again and again; gives the number of edits after which it was right."""
    write(folder, files)
    assert outcome(folder, with_memory=True) == outcome(folder, with_memory=False)
    right = 0
    last_right = files
    for number in range(rounds):
        changed = edit(files, draw)
        write(folder, changed)
        again, fresh = outcome(folder, with_memory=True), outcome(folder, with_memory=False)
        assert again[1] == fresh[1], f"edit {number}: other diagnostics"
        assert again[0] == fresh[0], f"edit {number}: another module"
        if fresh[0]:
            right += 1
            files = last_right = changed
        else:
            files = changed if draw.random() < 0.1 else last_right
    return right


@pytest.mark.parametrize("seed", range(2))
def test_edits_of_a_program_of_modules(tmp_path: Path, pytestconfig: pytest.Config, seed: int) -> None:
    factor = pytestconfig.getoption("--fuzz-factor")
    draw = random.Random(pytestconfig.getoption("--fuzz-seed") * 1000 + seed)
    right = check_edits(tmp_path / "program", large_program(), draw, ROUNDS * factor)
    assert right > ROUNDS * factor // 4


@pytest.mark.parametrize("name", SINGLE)
def test_edits_of_one_file(tmp_path: Path, pytestconfig: pytest.Config, name: str) -> None:
    factor = pytestconfig.getoption("--fuzz-factor")
    draw = random.Random(f"{name} {pytestconfig.getoption('--fuzz-seed')}")
    check_edits(tmp_path / "program", single_program(name), draw, ROUNDS // 2 * factor)
