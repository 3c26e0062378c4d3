"""Comments and line ends: what stands between two tokens, and which of the two it goes with.

A comment on the line of the token before it trails that token, unless it is a block
comment with the next token on the same line; every other comment leads the next token.
Strings with interpolation count as one token, whatever is inside.

Some leading comments are `claimed`: those of a token that begins an item of a list, or
ends the list.  Whoever prints the list puts them on lines of their own before the item;
printed with the token they would break the item's own lines.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from compiler.syntax.tokens import Tokens

_PIECE = re.compile(r"//[^\n]*|/\*|\n")
_MARK = re.compile(r"/\*|\*/")
_CLAIMED_AFTER = frozenset({"NEWLINE", "{", "LAMBDA_OPEN", "(", "[", ","})
_CLAIMED = frozenset({")", "]", "}", "EOF"})
# A block comment before one of these goes with what is before it, unless that opens a bracket.
_BOUND = _CLAIMED | {","}
_OPENERS = frozenset({"(", "[", "{", "LAMBDA_OPEN", "LAMBDA_PARAMS_OPEN", "->"})


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment and the number of line ends before it, since the comment or token before."""

    text: str
    newlines: int

    @property
    def is_line(self) -> bool:
        return self.text.startswith("//")


@dataclass(slots=True)
class Trivia:
    """What is written between tokens, by the index of the token.

    ``newlines`` are the line ends before a token's leading comments, or before the token if it has none;
    ``after`` those between its last leading comment and the token.
    """

    newlines: list[int]
    leading: dict[int, list[Comment]] = field(default_factory=dict)
    trailing: dict[int, list[Comment]] = field(default_factory=dict)
    after: dict[int, int] = field(default_factory=dict)
    claimed: set[int] = field(default_factory=set)

    def comments(self) -> list[str]:
        """Return all comments in their order."""
        found: list[str] = []
        for index in range(len(self.newlines)):
            found += [comment.text for comment in self.leading.get(index, ())]
            found += [comment.text for comment in self.trailing.get(index, ())]
        return found


def read_trivia(text: str, tokens: Tokens) -> Trivia:
    """Return what stands between the laid out ``tokens`` of ``text``, which has no errors."""
    kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
    trivia = Trivia([0] * len(kinds))
    previous, end = -1, 1 if text.startswith("\ufeff") else 0
    strings = 0
    for index, kind in enumerate(kinds):
        if kind == "NEWLINE":
            continue
        start = starts[index]
        if strings == 0 and start > end:
            gap = text[end:start]
            if "/" in gap:
                _read_gap(gap, trivia, previous, index, kinds)
            else:
                trivia.newlines[index] = gap.count("\n")
        strings += (kind == "TEMPLATE_START") - (kind == "TEMPLATE_END")
        previous, end = index, ends[index]
    _claim(trivia, kinds)
    return trivia


def _read_gap(gap: str, trivia: Trivia, previous: int, index: int, kinds: list[str]) -> None:
    """Share out the comments in ``gap``, which is between the tokens ``previous`` and ``index``."""
    found, newlines, ends_at = _comments(gap)
    is_next_near = newlines == 0 and not any(comment.newlines for comment in found)
    near = 0
    binds_left = ";" in gap[ends_at:] or (kinds[index] in _BOUND and kinds[previous] not in _OPENERS)
    if previous >= 0 and (not is_next_near or found[-1].is_line or binds_left):
        while near < len(found) and found[near].newlines == 0:
            near += 1
    if near:
        trivia.trailing[previous] = found[:near]
    if near == len(found):
        trivia.newlines[index] = newlines
    else:
        trivia.newlines[index] = found[near].newlines
        trivia.leading[index] = found[near:]
        trivia.after[index] = newlines


def _comments(gap: str) -> tuple[list[Comment], int, int]:
    """Return the comments of ``gap``, the line ends after the last one, and where that ends."""
    found: list[Comment] = []
    newlines = position = ends_at = 0
    while (piece := _PIECE.search(gap, position)) is not None:
        position = piece.end()
        if piece[0] == "\n":
            newlines += 1
            continue
        if piece[0] == "/*":
            position = _block_end(gap, position)
        found.append(Comment(gap[piece.start() : position].rstrip(), newlines))
        newlines, ends_at = 0, position
    return found, newlines, ends_at


def _block_end(text: str, position: int) -> int:
    """Return where the block comment ends whose `/*` ends at ``position``."""
    depth = 1
    while depth:
        mark = _MARK.search(text, position)
        assert mark is not None, "the scanner has found the end"
        depth += 1 if mark[0] == "/*" else -1
        position = mark.end()
    return position


def _claim(trivia: Trivia, kinds: list[str]) -> None:
    for index in trivia.leading:
        before = kinds[index - 1] if index else "NEWLINE"
        if before in _CLAIMED_AFTER or kinds[index] in _CLAIMED or (before == "->" and _ends_parameters(kinds, index)):
            trivia.claimed.add(index)


def _ends_parameters(kinds: list[str], index: int) -> bool:
    """Tell whether the `->` before ``index`` ends the parameters of a lambda."""
    depth = 0
    for position in range(index - 2, -1, -1):
        kind = kinds[position]
        if kind == "LAMBDA_PARAMS_OPEN":
            return not depth
        depth += (kind == ")") - (kind == "(")
        if depth < 0 or kind in ("{", "LAMBDA_OPEN", "NEWLINE", "->"):
            return False
    return False
