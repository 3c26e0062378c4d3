"""``pvm explain``: what a diagnostic code means, with a wrong and a right program."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from pvm.cli.files import has_colours
from pvm.errors import UsageError

if TYPE_CHECKING:
    from compiler.diagnostics.codes import Code

AREAS = {
    "E01": "Syntax",
    "E02": "Names and declarations",
    "E03": "Types and expressions",
    "E04": "Flow and assignment",
    "E05": "Patterns",
    "E09": "Limits, and what is not supported",
    "W01": "Warnings about the text",
    "W02": "Warnings about the program",
}
"""Headings of the list by the first characters of a code; ``compiler/diagnostics/codes.py`` defines the areas."""

EPILOG = """\b
Examples:
  pvm explain                            every code, by area
  pvm explain E0308                      the long text of one
  pvm explain e0308 w0201                of several, in either case
"""


@click.command("explain", epilog=EPILOG)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
def command(codes: tuple[str, ...]) -> None:
    """Explain CODE, which the compiler prints in brackets: error[E0308].

    The text says what the error means and how to correct it, with an example of each. Without CODE,
    all codes are listed.
    """
    if not codes:
        click.echo(list_of_codes(), color=has_colours(sys.stdout))
        return
    found = [look_up(code) for code in codes]
    texts = [explanation(entry, colour=has_colours(sys.stdout)) for entry in found]
    click.echo("\n\n".join(texts), color=has_colours(sys.stdout))


def look_up(text: str) -> Code:
    """The entry of a code, in either case and with or without its brackets.

    Raises:
        UsageError: there is none; names those that were probably meant.
    """
    from compiler.diagnostics.codes import all_codes

    codes = all_codes()
    name = text.strip().upper()
    bracketed = re.fullmatch(r"(?:ERROR|WARNING)?\[?([EW]?\d{1,4})\]?", name)
    if bracketed:
        name = bracketed[1]
    name = name if name[:1] in {"E", "W"} else f"E{name}"
    if name[1:].isdigit():
        name = f"{name[0]}{name[1:]:0>4}"
    if name not in codes:
        raise UsageError(f"no code {text!r}; {_hint(text, name, codes)}")
    return codes[name]


def _hint(text: str, name: str, codes: Mapping[str, Code]) -> str:
    """Codes that look like what was asked for, or whose titles mention it."""
    from difflib import get_close_matches

    near = get_close_matches(name, codes, n=3, cutoff=0.7)
    word = text.strip().lower()
    if not near and len(word) > 2:
        near = [code for code, entry in codes.items() if word in entry.title.lower()][:3]
    return f"did you mean {', '.join(near)}?" if near else "pvm explain lists them all"


def list_of_codes() -> str:
    """Every code with its title, grouped by area."""
    from compiler.diagnostics.codes import all_codes

    groups: dict[str, list[Code]] = {}
    for entry in all_codes().values():
        groups.setdefault(AREAS.get(entry.code[:3], "Others"), []).append(entry)
    parts = []
    for heading, entries in groups.items():
        rows = [f"  {click.style(entry.code, fg=_severity_colour(entry))}  {entry.title}" for entry in entries]
        parts.append("\n".join([click.style(heading, bold=True), *rows]))
    return "\n\n".join([*parts, "pvm explain CODE says more."])


def explanation(entry: Code, *, colour: bool) -> str:
    """The long text of a code, its examples framed; with ``colour``, they are highlighted."""
    head = click.style(f"{entry.severity.value}[{entry.code}]", fg=_severity_colour(entry), bold=True)
    parts = [head + click.style(f": {entry.title}", bold=True), *_paragraphs(entry.text)]
    for name, source, frame in (("Wrong:", entry.wrong, "red"), ("Right:", entry.right, "green")):
        if source:
            parts.append(f"{click.style(name, fg=frame, bold=True)}\n\n{_example(source, frame, colour=colour)}")
    return "\n\n".join(parts)


def _severity_colour(entry: Code) -> str:
    return "red" if entry.severity.value == "error" else "yellow"


def _paragraphs(text: str) -> list[str]:
    """Paragraphs filled to the width of the page; those that are indented keep their lines."""
    filled = []
    for paragraph in re.split(r"\n[ \t]*\n", text.strip("\n")):
        if paragraph.startswith((" ", "- ", "* ")):
            filled.append(paragraph.rstrip())
        else:
            words = " ".join(paragraph.split())
            filled.append(click.wrap_text(words, width=88))
    return [re.sub(r"`([^`]+)`", lambda found: f"`{click.style(found[1], fg='cyan')}`", item) for item in filled]


def _example(source: str, frame: str, *, colour: bool) -> str:
    text = source.strip("\n")
    if colour:
        from compiler.highlighting import for_terminal

        text = for_terminal(text)
    bar = click.style("|", fg=frame) if colour else " "
    return "\n".join(f"  {bar} {line}".rstrip() for line in text.split("\n"))
