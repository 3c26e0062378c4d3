"""Tables of the reference say what the compiler has: keywords, operators, limits, codes."""

from __future__ import annotations

import re

import pytest

from compiler.check.exhaustiveness import MAX_STEPS
from compiler.check.flow import MAX_NARROWED
from compiler.check.operators import METHODS
from compiler.check.session import INTEGER_RANGES
from compiler.check.subtyping import MAX_TYPE_SIZE
from compiler.check.type_resolution import MAX_TUPLE
from compiler.diagnostics.codes import all_codes
from compiler.syntax.ast import MAX_DEPTH
from compiler.syntax.precedence import CAST, NOT_ASSOCIATIVE, PRECEDENCE, RIGHT_ASSOCIATIVE, TEST
from compiler.syntax.scanner import MAX_LINE, MAX_SOURCE, MAX_TOKENS
from compiler.syntax.tokens import ASSIGNMENTS, KEYWORDS, MODIFIER_WORDS
from tests.docs.blocks import ROOT

PAGES = ("language.md", "pebble-in-ten-minutes.md")
TEXT = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")


def chapter(title: str) -> str:
    """The text between a heading and the next one."""
    match = re.search(rf"^##+ {title}\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert match is not None, title
    return match[1]


def rows(text: str) -> list[list[str]]:
    """The cells of the rows of a table, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_keywords() -> None:
    found = re.search(r"^\*\*Keywords\*\*.*?\n\n", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert set(quoted(found[0])) == KEYWORDS


def test_words_that_are_names_elsewhere() -> None:
    found = re.search(r"the\s+modifiers (.*?)\s+before a\s+declaration", TEXT, re.DOTALL)
    assert found is not None
    assert set(quoted(found[1])) == MODIFIER_WORDS


def test_precedence() -> None:
    written = [(quoted(operators), how) for operators, how in rows(chapter("Precedence"))]
    assert written[0][0][0] == "."
    assert written[1] == (["-", "!", "~"], "right")
    assert written[2] == (["as", "as?"], "left")
    assert all(level < CAST for level in PRECEDENCE.values())
    levels = sorted(set(PRECEDENCE.values()), reverse=True)
    for level, (operators, how) in zip(levels, written[3:], strict=True):
        own = {text for text, of in PRECEDENCE.items() if of == level}
        assert set(operators) == own | ({"is", "!is"} if level == TEST else set())
        assert how == ("not" if level in NOT_ASSOCIATIVE else "right" if level in RIGHT_ASSOCIATIVE else "left")


def test_assignments() -> None:
    found = re.search(r"^Assignment is a statement: (.*?)\.\s+On the\s+left", TEXT, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert set(quoted(found[1])) == ASSIGNMENTS | {"="}


def test_operator_methods() -> None:
    table = {quoted(use)[0]: quoted(method)[0] for use, method in rows(chapter("Operator methods"))}
    for operator, method in METHODS.items():
        space = "" if operator.value.startswith("..") else " "
        assert table.pop(f"a{space}{operator.value}{space}b") == method
    assert set(table) == {"-a", "~a", "a == b", "a[i]", "a[i] = v", "b in a"}


def test_integer_ranges() -> None:
    table = {quoted(name)[0]: values for name, values in rows(chapter("Types"))[:8]}
    for kind, (low, high) in INTEGER_RANGES.items():
        assert table[kind.value].endswith(f"{low} to {high}")


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("nesting", MAX_DEPTH),
        ("characters of a line", MAX_LINE),
        ("characters of a file", MAX_SOURCE),
        ("tokens", MAX_TOKENS),
        ("parts of one type", MAX_TYPE_SIZE),
        ("elements of a tuple", MAX_TUPLE),
        ("facts", MAX_NARROWED),
        ("steps", MAX_STEPS),
    ],
)
def test_limits(what: str, limit: int) -> None:
    found = [value for name, value, _ in rows(chapter("Limits")) if name.startswith(what)]
    assert [int(re.sub(r"\D", "", value)) for value in found] == [limit]


@pytest.mark.parametrize("page", PAGES)
def test_codes_exist(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert set(re.findall(r"\b[EW]\d{4}\b", text)) <= set(all_codes())


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    text = re.sub(
        r"^```.*?^```", "", (ROOT / "docs" / page).read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    targets = re.findall(r"\]\(([^)`]+)\)", text)
    assert targets
    for target in targets:
        name, _, anchor = target.partition("#")
        path = ROOT / "docs" / (name or page)
        assert path.is_file(), target
        if anchor:
            heads = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in heads}, target
