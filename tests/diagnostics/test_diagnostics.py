"""Golden compiler errors: each `PHASE/NAME.peb` has its errors marked by hand and its text in `NAME.stderr`.

A mark `//~ E0101` stands on the line that the error begins on.  Marks are compared before the text, so that
`--bless` can never approve a lost or an extra error.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler import check_source
from compiler.check.system import check_system
from compiler.diagnostics import Diagnostics, render_all
from compiler.diagnostics.codes import all_codes
from compiler.syntax import decode, parse
from compiler.syntax.source import SourceFile

HERE = Path(__file__).parent
MARK = re.compile(r"//~ ?((?:[EW]\d{4} ?)+)")


def parse_only(source: SourceFile) -> Diagnostics:
    diagnostics = Diagnostics()
    parse(source, diagnostics)
    return diagnostics


def check_whole(source: SourceFile) -> Diagnostics:
    """Check a program whose modules are those of `check/modules`."""
    diagnostics = Diagnostics()
    check_source(source.text, source.name, diagnostics, folder=HERE / "check" / "modules")
    return diagnostics


def check_as_system_module(source: SourceFile) -> Diagnostics:
    """Check a system module beside one that is called ``layout``."""
    diagnostics = Diagnostics()
    check_system({source.name: source.text, "layout.peb": "pub let heap: Int = 64\n"}, "image", diagnostics)
    return diagnostics


# What is run on the cases of a folder.
PHASES: dict[str, Callable[[SourceFile], Diagnostics]] = {
    "syntax": parse_only,
    "check": check_whole,
    "system": check_as_system_module,
}

# Codes whose sources are too large or no text, so that a file cannot be kept: how to get them.
MADE: dict[str, Callable[[], bytes]] = {
    "E0100": lambda: b'let x = 1\nlet s = "\xff"\n',
    "E0912": lambda: b"let x = 1 // " + b"x" * 1_048_576,
    "E0915": lambda: b"fun f(" + b"a: Int, " * 250 + b"b: Int) {}",
    "E0913": lambda: b"let x = 1\n" * 1_700_000,
}

CASES = sorted(case for phase in PHASES for case in (HERE / phase).glob("*.peb"))


def marked(source: str) -> list[tuple[int, str]]:
    found = []
    for number, line in enumerate(source.split("\n"), 1):
        for mark in MARK.finditer(line):
            found += [(number, code) for code in mark[1].split()]
    return found


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_diagnostic(case: Path, bless: bool) -> None:
    source = SourceFile(case.name, case.read_bytes().decode("utf-8"))
    found = PHASES[case.parent.name](source).sorted()
    assert sorted((item.line, item.code) for item in found) == sorted(marked(source.text))
    rendered = render_all(found)
    golden = case.with_suffix(".stderr")
    if bless:
        golden.write_text(rendered, encoding="utf-8")
    assert rendered == golden.read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted(MADE))
def test_made_case(code: str) -> None:
    diagnostics = Diagnostics()
    source = decode("made.peb", MADE[code](), diagnostics)
    if source is not None:
        parse(source, diagnostics)
    assert [item.code for item in diagnostics.sorted()] == [code]


def test_every_code_has_a_case() -> None:
    codes = {code for case in CASES for _, code in marked(case.read_text(encoding="utf-8"))}
    assert codes | MADE.keys() == all_codes().keys()


def test_no_golden_text_is_left_over() -> None:
    texts = {path.with_suffix(".peb") for phase in PHASES for path in (HERE / phase).glob("*.stderr")}
    assert texts <= set(CASES)
