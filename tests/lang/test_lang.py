"""Every program of this folder does what its marks say, on every engine."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.pbc.asm import assemble
from pvm.pbc.writer import write_module
from tests.lang.program import compiled, expected, programs, run

HERE = Path(__file__).parent
PROGRAMS = programs(HERE)


def name_of(path: Path) -> str:
    return str(path.relative_to(HERE)).removesuffix(".peb").removesuffix("/main")


@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_program(path: Path, engine: str) -> None:
    wanted = expected(path.read_text(encoding="utf-8"))
    assert run(compiled(path), engine, wanted.stdin, wanted.arguments) == wanted.outcome
