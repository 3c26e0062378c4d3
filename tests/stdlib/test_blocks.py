"""The library's own tests: `test` blocks in Pebble, run as `pvm test` runs them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler.documentation.sources import library_modules
from pvm.cli.application import run_command

BLOCKS = Path(__file__).parent / "blocks"
FILES = sorted(BLOCKS.glob("*.peb"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_blocks_of_a_file_pass(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = run_command(["test", str(path)])
    shown = capsys.readouterr().out
    assert status == 0, shown
    assert re.search(r"^\d+ passed", shown, re.MULTILINE)


def test_every_module_of_the_library_has_blocks() -> None:
    imports = re.compile(r"^import ([\w.]+?)(?:\.\{|$)", re.MULTILINE)
    imported = {name for path in FILES for name in imports.findall(path.read_text(encoding="utf-8"))}
    public = {source.name for source in library_modules() if not source.is_core}
    inner = {name for name in public if name.startswith(("sys.", "regex."))}
    assert public - inner <= imported
