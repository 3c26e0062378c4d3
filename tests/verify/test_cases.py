"""One corpus of modules that break a rule and of modules that keep it narrowly, in text form.

``rejects/RULE--DETAIL.pasm`` says in its first comments which rule it breaks, where, and the whole
message.  What the text form cannot say is in ``models.py``.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pvm.errors import VerifyError
from pvm.pbc.asm import assemble
from pvm.pbc.reader import read_module
from pvm.pbc.writer import write_module
from pvm.verify import Rule, verify
from tests.verify.models import MODEL_CASES, ModelCase

HERE = Path(__file__).parent
REJECTS = sorted((HERE / "rejects").glob("*.pasm"))
ACCEPTS = sorted((HERE / "accepts").glob("*.pasm"))
HEADER = re.compile(r"; (rule|at|message): (.*)")


def rule_of(path: Path) -> str:
    return path.stem.partition("--")[0]


@pytest.mark.parametrize("path", REJECTS, ids=lambda path: path.stem)
def test_rejects(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    expected = dict(HEADER.findall(text))
    function, _, pc = expected.get("at", "").rpartition(" ")
    module = assemble(text, path.stem)
    with pytest.raises(VerifyError) as caught:
        verify(module)
    found = caught.value
    assert (found.rule, found.function, found.pc, found.message) == (
        expected["rule"],
        function,
        int(pc or 0),
        expected["message"],
    )
    assert expected["rule"] == rule_of(path)


@pytest.mark.parametrize("path", ACCEPTS, ids=lambda path: path.stem)
def test_accepts(path: Path) -> None:
    module = assemble(path.read_text(encoding="utf-8"), path.stem)
    verified = verify(module)
    assert [each.function for each in verified.functions] == list(module.functions)
    verify(read_module(write_module(module)))


@pytest.mark.parametrize("case", MODEL_CASES, ids=lambda case: f"{case.rule}-{case.detail}")
def test_rejects_model(case: ModelCase) -> None:
    with pytest.raises(VerifyError) as caught:
        verify(case.module, privileged=case.privileged)
    found = caught.value
    assert (found.rule, found.function, found.pc, found.message) == (case.rule, case.function, case.pc, case.message)


def test_every_rule_has_a_rejecting_case() -> None:
    assert {rule_of(path) for path in REJECTS} | {case.rule for case in MODEL_CASES} == {rule.label for rule in Rule}


def test_every_rule_has_an_accepting_case() -> None:
    with_model = {"privileged-opcode"}  # test_privileged.py: the one rule whose accepting case needs more than a module
    assert {rule_of(path) for path in ACCEPTS} | with_model == {rule.label for rule in Rule}


def test_rules_are_documented() -> None:
    readme = (HERE.parent.parent / "pvm" / "verify" / "README.md").read_text(encoding="utf-8")
    for rule in Rule:
        assert f"| `{rule.label}` | {rule.sentence} |" in readme
    assert len({rule.label for rule in Rule}) == len(Rule)
