"""Every program of this folder does what its marks say, on every engine."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pvm.pbc.asm import assemble
from pvm.pbc.writer import write_module
from tests.lang.program import compiled, expected, programs, run

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PROGRAMS = programs(HERE)

# Prints the hash of the compiled form of each program, in an interpreter of its own.
COMPILE_ALL = """
import hashlib, json, sys
from pathlib import Path
from tests.lang.program import compiled
print(json.dumps([hashlib.sha256(compiled(Path(path)).to_bytes()).hexdigest() for path in sys.argv[1:]]))
"""


def name_of(path: Path) -> str:
    return str(path.relative_to(HERE)).removesuffix(".peb").removesuffix("/main")


@pytest.mark.sampled(8)
@pytest.mark.parametrize("path", PROGRAMS, ids=name_of)
def test_program(path: Path, engine: str) -> None:
    wanted = expected(path.read_text(encoding="utf-8"))
    assert run(compiled(path), engine, wanted.stdin, wanted.arguments) == wanted.outcome


@pytest.mark.parametrize("path", PROGRAMS[::8], ids=name_of)
def test_text_form_has_everything(path: Path) -> None:
    module = compiled(path)
    again = assemble(module.disassemble(), module.name)
    assert write_module(again) == module.to_bytes()


def test_compiling_again_gives_the_same_bytes() -> None:
    # Another process with another seed of Python's hashes: no set or dictionary may decide an order.
    chosen = PROGRAMS[::12]
    done = subprocess.run(
        [sys.executable, "-c", COMPILE_ALL, *map(str, chosen)],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "12345"},
        capture_output=True,
        check=True,
        text=True,
    )
    hashes = [hashlib.sha256(compiled(path).to_bytes()).hexdigest() for path in chosen]
    assert json.loads(done.stdout) == hashes
