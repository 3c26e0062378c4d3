"""Programs that use the library, with marks that say by hand what they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lang.program import compiled, expected, programs, run

PROGRAMS = programs(Path(__file__).parent / "programs")


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_program(path: Path, engine: str) -> None:
    wanted = expected(path.read_text(encoding="utf-8"))
    assert run(compiled(path), engine, wanted.stdin, wanted.arguments) == wanted.outcome
