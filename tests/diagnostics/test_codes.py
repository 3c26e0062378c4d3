"""The registry of codes: complete, consistent, and its examples are what they say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from compiler import check_source
from compiler.check import codes as checker_codes
from compiler.check.system import check_system
from compiler.diagnostics import Diagnostics, Severity
from compiler.diagnostics.codes import Code, all_codes, explain
from compiler.syntax import parse
from compiler.syntax.source import SourceFile

COMPILER = Path(__file__).resolve().parents[2] / "compiler"
SYNTAX_CODES = [code for code in all_codes().values() if code.code[1:3] == "01" and code.wrong]


def codes_of(text: str) -> set[str]:
    diagnostics = Diagnostics()
    parse(SourceFile("example.peb", text), diagnostics)
    return {item.code for item in diagnostics.sorted()}


@pytest.mark.parametrize("code", SYNTAX_CODES, ids=lambda code: code.code)
def test_examples_of_a_syntax_code(code: Code) -> None:
    assert codes_of(code.wrong) == {code.code}
    assert codes_of(code.right) == set()


CHECK_CODES = [code for code in all_codes().values() if code.code[1:3] != "01" and code.wrong]


SYSTEM_CODES = {"E0903", "E0904", "E0905", "E0906"}
"""Of system modules; what other programs are told is something else."""


def findings(code: str, text: str) -> list[str]:
    diagnostics = Diagnostics()
    if code in SYSTEM_CODES:
        check_system({"example.peb": text + "\n"}, "example", diagnostics)
    else:
        check_source(text + "\n", "example.peb", diagnostics)
    return [item.code for item in diagnostics.sorted()]


@pytest.mark.parametrize("code", CHECK_CODES, ids=lambda code: code.code)
def test_examples_of_a_checker_code(code: Code) -> None:
    assert set(findings(code.code, code.wrong)) == {code.code}
    if code.right:
        assert findings(code.code, code.right) == []


SYNTAX_LIMITS = {"E0911", "E0912", "E0913", "E0915"}
"""Limits that the parser reports; the emitter reports E0915 too."""


def test_every_code_of_the_checker_is_registered() -> None:
    known = {value for name, value in vars(checker_codes).items() if name.isupper()}
    assert known - SYNTAX_LIMITS == {code for code in all_codes() if code[1:3] != "01"} - SYNTAX_LIMITS


def test_every_code_that_the_syntax_reports_is_registered() -> None:
    used = set()
    for path in (COMPILER / "syntax").rglob("*.py"):
        used |= set(re.findall(r'"([EW]\d{4})"', path.read_text(encoding="utf-8")))
    assert used == {code for code in all_codes() if code[1:3] == "01" or code in SYNTAX_LIMITS}


def test_titles_and_texts_are_in_style() -> None:
    for code in all_codes().values():
        assert re.fullmatch(r"[EW]\d{4}", code.code)
        assert not code.title.endswith(".")
        assert code.text.strip().endswith(".")


def test_explain_shows_title_text_and_examples() -> None:
    text = explain("e0120")
    assert text is not None
    assert text.startswith("error[E0120]: result type after a colon\n\nThe result type")
    assert "Wrong:\n\n    fun answer(): Int = 42\n" in text
    assert "Right:\n\n    fun answer() -> Int = 42\n" in text


def test_explain_knows_no_other_code() -> None:
    assert explain("E9999") is None


def test_severity_is_the_first_letter() -> None:
    assert all_codes()["W0101"].severity is Severity.WARNING
    assert all_codes()["E0101"].severity is Severity.ERROR
