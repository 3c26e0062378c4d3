"""`pvm explain`: the long text of codes, near codes, the list."""

from __future__ import annotations

import click
import pytest

from compiler.diagnostics.codes import all_codes
from pvm.cli.application import run_command
from pvm.cli.commands.explain import AREAS, explanation


def test_one_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", "E0120"]) == 0
    assert capsys.readouterr().out == (
        "error[E0120]: result type after a colon\n"
        "\n"
        "The result type of a function stands after `->`. A colon gives the type of a variable or\n"
        "parameter.\n"
        "\n"
        "Wrong:\n"
        "\n"
        "    fun answer(): Int = 42\n"
        "\n"
        "Right:\n"
        "\n"
        "    fun answer() -> Int = 42\n"
    )


@pytest.mark.parametrize("written", ["e0120", "E120", "120", " error[E0120] ", "[E0120]"])
def test_spellings_of_a_code(written: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", written]) == 0
    assert capsys.readouterr().out.startswith("error[E0120]: ")


def test_several_codes_in_the_order_given(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", "W0101", "E0101"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("warning[W0101]")
    assert "\n\nerror[E0101]" in out


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("W0191", "did you mean W0101"),
        ("comment", "did you mean E0105?"),
        ("zzz", "pvm explain lists them all"),
        ("E", "pvm explain lists them all"),
    ],
)
def test_unknown_code(written: str, hint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain", written]) == 125
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"pvm: no code {written!r}; {hint}")


def test_list_has_every_code_under_its_area(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["explain"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Syntax\n  E0100  the source is no text\n")
    assert all(f"  {code}  {entry.title}\n" in out for code, entry in all_codes().items())


def test_every_area_has_a_heading() -> None:
    assert {code[:3] for code in all_codes()} <= set(AREAS)


def test_colours() -> None:
    text = explanation(all_codes()["E0120"], colour=True)
    assert text.startswith("\x1b[31m\x1b[1merror[E0120]\x1b[0m")
    assert "\x1b[35mfun\x1b[39;49;00m \x1b[34manswer" in text


@pytest.mark.parametrize("code", list(all_codes()))
def test_every_code_is_explained(code: str) -> None:
    entry = all_codes()[code]
    lines = click.unstyle(explanation(entry, colour=False)).split("\n")
    assert f"[{code}]" in lines[0]
    examples = {f"    {line}".rstrip() for text in (entry.wrong, entry.right) for line in text.split("\n")}
    assert all(len(line) <= 88 for line in lines if line not in examples)
