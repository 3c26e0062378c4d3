"""Golden bytecode: what the compiler makes of small programs, ``NAME.peb`` beside ``NAME.pasm``.

Shown are the functions that the program itself has, and the classes that it mentions; offsets are
left out.  ``--bless`` writes the golden files anew: read the difference before committing it.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.driver import compile_file
from pvm.pbc.disasm import disassemble
from pvm.pbc.model import Module
from pvm.pbc.writer import write_module
from pvm.verify import verify

FOLDER = Path(__file__).parent
CASES = sorted(FOLDER.glob("*.peb"))
_COMMENT = re.compile(r"\s+;\s.*$", re.MULTILINE)
_CLASS = re.compile(r"(?:abstract |final )*(?:class|interface) \"?([A-Za-z0-9_]+)")


def shown(module: Module, case: Path) -> str:
    """The part of the disassembly that belongs to the program."""
    source = case.read_text()
    kept = []
    for item in disassemble(module).split("\n\n"):
        found = _CLASS.match(item)
        is_own_class = found is not None and re.search(rf"\b{found[1]}\b", source) is not None
        if is_own_class or f".line {case.name} " in item:
            kept.append(_COMMENT.sub("", item))
    return "\n\n".join(kept) + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
def test_golden(case: Path, bless: bool) -> None:
    module = compile_file(case)
    verify(module)
    golden = case.with_suffix(".pasm")
    text = shown(module, case)
    if bless:
        golden.write_text(text)
    assert text == golden.read_text()


@pytest.mark.parametrize("seed", ["1", "2"])
def test_the_same_program_gives_the_same_bytes_in_every_process(seed: str) -> None:
    case = FOLDER / "generics.peb"
    program = (
        "import sys; from compiler.driver import compile_file; from pvm.pbc.writer import write_module;"
        "sys.stdout.buffer.write(write_module(compile_file(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(case)],
        capture_output=True,
        check=True,
        cwd=FOLDER.parents[1],
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    assert done.stdout == write_module(compile_file(case))


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.pasm")} == {path.stem for path in CASES}
