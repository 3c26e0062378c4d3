"""Programs that once failed: each file says what was wrong, in its first line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lang.program import compiled, expected, programs, run

PROGRAMS = programs(Path(__file__).parent)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path, engine: str) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.startswith("// ")
    wanted = expected(source)
    assert run(compiled(path), engine, wanted.stdin, wanted.arguments) == wanted.outcome
