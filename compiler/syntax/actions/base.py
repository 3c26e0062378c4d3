"""What all actions share: the tokens, the file and the place to report to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from compiler.diagnostics import Diagnostics
from compiler.syntax.ast import Identifier, Node
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tokens import Tokens

_Item = TypeVar("_Item")
_Placed = TypeVar("_Placed", bound=Node)
MAX_PARAMETERS = 250


class Actions:
    """Base of the action classes."""

    def __init__(self, source: SourceFile, tokens: Tokens, diagnostics: Diagnostics) -> None:
        self.source = source
        self.tokens = tokens
        self.diagnostics = diagnostics

    def refuse(self, *_parts: object) -> object:
        """Stand for the action of productions that have none."""
        raise AssertionError("the parser does this itself")

    def token_span(self, token: int) -> Span:
        return Span(self.source, self.tokens.starts[token], self.tokens.ends[token])

    def token_text(self, token: int) -> str:
        return self.source.text[self.tokens.starts[token] : self.tokens.ends[token]]

    def identifier(self, token: int) -> Identifier:
        tokens = self.tokens
        return Identifier(Span(self.source, tokens.starts[token], tokens.ends[token]), str(tokens.values[token]))

    def label(self, token: int | None) -> Identifier | None:
        return None if token is None else self.identifier(token)

    def doc_at(self, start: int) -> str | None:
        """Take the documentation written before the declaration that begins at ``start``."""
        docs = self.tokens.docs
        return docs.pop(start, None) if docs else None

    def limit_parameters(self, items: tuple[_Placed, ...]) -> tuple[_Placed, ...]:
        """Report more parameters than machine functions can have, `this` and captured values besides."""
        if len(items) > MAX_PARAMETERS:
            message = f"too many parameters: expected at most {MAX_PARAMETERS}, found {len(items)}"
            suggestion = "hand over a list, or an object of a class"
            self.diagnostics.error("E0915", items[MAX_PARAMETERS].span, message, suggestion=suggestion)
            return items[:MAX_PARAMETERS]
        return items


def present(items: Iterable[_Item | None]) -> tuple[_Item, ...]:
    """Return the items that could be read."""
    return tuple(item for item in items if item is not None)
