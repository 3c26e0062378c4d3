"""Tokens of the text form, a line at a time.

A statement is a line, so the assembler never holds the tokens of more than one.  A comment runs
from ``;`` to the end of the line.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

from pvm.errors import AssemblyError
from pvm.pbc.literals import NAME_PATTERN, parse_string


class Kind(Enum):
    """Kinds of token; the value is how a message names it."""

    NAME = "a name"
    STRING = "a quoted text"
    NUMBER = "a number"
    INDEX = "an index"
    LABEL = "a label"
    DIRECTIVE = "a directive"
    PUNCT = "a sign"
    END = "the end of the line"


class Token(NamedTuple):
    """``value`` is the text without its marks: of a string what it means, of ``#3`` the 3, of ``@x`` the x."""

    kind: Kind
    value: str
    line: int
    column: int

    def describe(self) -> str:
        """Name the token in a message."""
        if self.kind is Kind.END:
            return "the end of the line"
        marks = {Kind.STRING: '"', Kind.INDEX: "#", Kind.LABEL: "@", Kind.DIRECTIVE: "."}
        text = marks.get(self.kind, "") + (self.value if len(self.value) <= 40 else self.value[:37] + "...")
        return ascii(text + '"' if self.kind is Kind.STRING else text)


_STRING = r'"(?:[^"\\]++|\\.)*+"'
_TOKEN = re.compile(
    rf"""(?P<space>[ \t\f\r]+|;.*)
    |(?P<number>[+-]?(?:0x[0-9a-fA-F_]*(?:\.[0-9a-fA-F]*)?(?:p[+-]?[0-9]+)?|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?)|-inf)
    |(?P<name>{NAME_PATTERN})
    |(?P<string>{_STRING})
    |\#(?P<index>[0-9]{{1,10}})
    |@(?P<label>{NAME_PATTERN}|{_STRING})
    |(?P<punct>->|[][(){{}},:=?|.])""",
    re.VERBOSE,
)
_KINDS = {
    "number": Kind.NUMBER,
    "name": Kind.NAME,
    "string": Kind.STRING,
    "index": Kind.INDEX,
    "label": Kind.LABEL,
    "punct": Kind.PUNCT,
}


def lex_line(text: str, line: int) -> list[Token]:
    """Return the tokens of a line, the last of which has the kind ``END``.

    Raises:
        AssemblyError: there is something that is no token.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise AssemblyError(line, at + 1, _complaint(text, at))
        group = match.lastgroup
        assert group is not None
        if group != "space":
            tokens.append(_token(_KINDS[group], match[group], line, at + 1))
        at = match.end()
    end = Token(Kind.END, "", line, len(text) + 1)
    if len(tokens) >= 2 and tokens[0].value == "." and tokens[1].kind is Kind.NAME:
        tokens[:2] = [Token(Kind.DIRECTIVE, tokens[1].value, line, tokens[0].column)]
    tokens.append(end)
    return tokens


def _token(kind: Kind, value: str, line: int, column: int) -> Token:
    if value[:1] == '"' and kind is not Kind.PUNCT:
        try:
            value = parse_string(value[1:-1])
        except ValueError as error:
            raise AssemblyError(line, column, str(error)) from None
    return Token(kind, value, line, column)


def _complaint(text: str, at: int) -> str:
    if text[at] == '"' or text[at : at + 2] == '@"':
        return "quoted text does not end on this line"
    if text[at] == "#":
        return "expected an index of 1 to 10 digits after '#'"
    if text[at] == "@":
        return "expected the name of a label after '@'"
    return f"unexpected character {text[at]!a}"
