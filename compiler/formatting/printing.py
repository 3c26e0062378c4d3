"""What all printers share: tokens with their comments, lists in brackets, bodies in braces.

A document made here is not grouped if its name begins with an underscore: the construct
around it decides which lines break together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from compiler.formatting.concrete import Node, first_token, last_token
from compiler.formatting.documents import (
    BLANK,
    COMMA,
    EMPTY,
    ENDLESS,
    EXTRA_COMMA,
    HARD,
    LINE,
    SOFT,
    SPACE,
    Choice,
    Concat,
    Doc,
    FillLine,
    Flat,
    IfBroken,
    Rows,
    Suffix,
    Text,
    concat,
    concat_all,
    group,
    nest,
    spaced,
)
from compiler.formatting.trivia import Comment, Trivia
from compiler.syntax.source import SourceFile
from compiler.syntax.tokens import Tokens

Kid = Node | int

CHAINS = frozenset({"chain_infix", "chain_is", "chain_as", "chain_as_safe", "chain_jump"})
POSTFIX = frozenset({"member", "tuple_field", "call", "trailing_lambda", "index", "not_null", "type_apply"})
# What may begin on the line of the call whose last argument it is, although it goes on below.
_HUGGABLE = frozenset(
    [
        "lambda_",
        "lambda_with_parameters",
        "list_",
        "map_",
        "match_",
        "if_",
        "try_",
        "spawn",
        "unsafe",
        "select",
        "tuple_",
    ]
)
# Items of a literal up to this width share lines where they do not fit on one.
_SHORT = 24
_DATA = frozenset({"INT", "FLOAT", "CHAR", "OPERATOR", "-", "IDENT", "true", "false", ".", ","})


class PrinterBase:
    """Tokens, comments and lists of one file."""

    def __init__(self, source: SourceFile, tokens: Tokens, trivia: Trivia) -> None:
        self.source = source
        self.text = source.text
        self.tokens = tokens
        self.trivia = trivia
        self._texts: dict[str, Text] = {" ": SPACE}

    # Tokens and their comments

    def plain(self, text: str) -> Text:
        """Return a text that is the same document wherever it occurs."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = Text(text)
        return found

    def written(self, token: int) -> str:
        """Return a token as it is written."""
        return self.text[self.tokens.starts[token] : self.tokens.ends[token]]

    def token(self, token: int) -> Doc:
        """Return a token with its comments, apart from claimed ones."""
        return self.dressed(token, self.plain(self.written(token)))

    def dressed(self, token: int, doc: Doc, last: int | None = None) -> Doc:
        """Return ``doc`` with the comments before ``token`` and after it, or after ``last``."""
        trivia = self.trivia
        end = token if last is None else last
        before = token in trivia.leading and token not in trivia.claimed
        if not before and end not in trivia.trailing:
            return doc
        # A block comment on the line of the token goes with it, wherever the line begins.
        is_near = before and not trivia.after[token] and not any(item.newlines for item in trivia.leading[token][1:])
        lead = [EMPTY if is_near else self._line_end(trivia.newlines[token]), self.lead(token)] if before else []
        return concat_all([*lead, doc, self.trail(end)])

    def lead(self, token: int) -> Doc:
        """Return the comments before a token, and what separates them from it."""
        leading = self.trivia.leading.get(token)
        if not leading:
            return EMPTY
        parts: list[Doc] = []
        for position, comment in enumerate(leading):
            if position:
                parts.append(self._line_end(comment.newlines) if comment.newlines else SPACE)
            parts.append(self._comment(comment))
        after = self.trivia.after[token]
        parts.append(self._line_end(after) if after or leading[-1].is_line else SPACE)
        return Concat(parts)

    def trail(self, token: int) -> Doc:
        """Return the comments after a token on its line."""
        parts: list[Doc] = []
        for comment in self.trivia.trailing.get(token, ()):
            parts += [Suffix(comment.text)] if comment.is_line else [SPACE, self._comment(comment)]
        return concat_all(parts)

    def _comment(self, comment: Comment) -> Doc:
        lines = comment.text.split("\n")
        if len(lines) > 1:
            rest = [line.strip() for line in lines[1:]]
            if all(line.startswith("*") for line in rest):
                # Asterisks stand below the first one, wherever the comment goes.
                return concat(self.plain(lines[0].rstrip()), *(concat(HARD, Text(f" {line}")) for line in rest))
        return Text("\n".join(line.rstrip() for line in lines))

    def _line_end(self, newlines: int) -> Doc:
        return EMPTY if newlines == 0 else HARD if newlines == 1 else BLANK

    def has_lead(self, token: int) -> bool:
        return token in self.trivia.leading

    def has_trivia(self, token: int) -> bool:
        return token in self.trivia.leading or token in self.trivia.trailing

    def is_before_line_end(self, first: int, last: int) -> bool:
        """Tell whether the token ``last`` is on the line of ``first``."""
        starts = self.tokens.starts
        return self.text.find("\n", starts[first], starts[last]) < 0

    # Nodes

    def doc(self, kid: Kid) -> Doc:
        """Return the document of a token or node."""
        if isinstance(kid, int):
            return self.token(kid)
        if kid.doc is None:
            self.complete(kid)
        assert kid.doc is not None, f"{kid.action} is no construct of its own"
        return kid.doc

    def complete(self, node: Node) -> None:
        """Make the document of a chain, whose parts are known only now."""
        raise NotImplementedError

    def docs(self, kids: Iterable[Kid]) -> list[Doc]:
        return [self.doc(kid) for kid in kids]

    def spaced(self, kids: Iterable[Kid]) -> Doc:
        """Return kids with a space between."""
        return spaced(self.docs(kids))

    def tight(self, kids: Iterable[Kid]) -> Doc:
        """Return kids without anything between."""
        return concat_all(self.docs(kids))

    def item(self, kid: Kid) -> Doc:
        """Return an item of a list, with the comments before it."""
        first = first_token(kid)
        return concat(self.lead(first), self.doc(kid)) if first in self.trivia.claimed else self.doc(kid)

    def is_huggable(self, kid: Kid) -> bool:
        """Tell whether ``kid`` may go on below the line it begins on, ending in a bracket."""
        if isinstance(kid, int):
            return False
        if kid.action == "argument":
            return self.is_huggable(kid.kids[0])
        if kid.action == "argument_named":
            return self.is_huggable(kid.kids[2])
        if kid.action in POSTFIX:
            return self.ends_in_body(kid)
        if kid.action in ("throw", "return_"):
            value = kid.kids[-1]
            return isinstance(value, Node) and (value.action == "call" or self.is_huggable(value))
        if kid.action in ("string", "template"):
            return not self.is_before_line_end(kid.first, kid.last) or "\n" in self.written(kid.last)
        return kid.action in _HUGGABLE

    def _is_text(self, entry: Kid) -> bool:
        """Tell whether an argument is a string of one line."""
        value = entry.kids[0] if isinstance(entry, Node) and entry.action == "argument" else entry
        is_string = isinstance(value, Node) and value.action in ("string", "template")
        return is_string and not self.is_huggable(value)

    def ends_in_body(self, link: Node) -> bool:
        """Tell whether a selection or call ends in a lambda or a bracket of another kind than its own."""
        if link.action != "call":
            return link.action == "trailing_lambda"
        arguments = link.kids[2]
        assert isinstance(arguments, Node)
        entries = [kid for kid in arguments.kids if not self.is_separator(kid)]
        return bool(entries) and self.is_huggable(entries[-1])

    # Lists in brackets

    def delimited(
        self,
        opener: Kid,
        items: Kid | None,
        closer: Kid,
        *,
        comma: bool = False,
        hugs: bool = False,
        is_literal: bool = False,
    ) -> Doc:
        """Return items between brackets: on one line, or each on its own.

        ``comma`` is whether a comma may stand before the closer; with ``hugs`` a last item that ends in a bracket
        may begin on the line of the opener.  A literal whose first item was on a line of its own stays broken.
        """
        assert isinstance(opener, int)
        assert isinstance(closer, int)
        kids = items.kids if isinstance(items, Node) else []
        entries = [kid for kid in kids if not self.is_separator(kid)]
        separators = [kid for kid in kids if isinstance(kid, int) and self.is_separator(kid)]
        if not entries:
            return self._empty(opener, closer, separators)
        dressed = [self._sole(entries[0])] if len(entries) == 1 else [self.item(entry) for entry in entries]
        is_below = is_literal and self.trivia.newlines[first_token(entries[0])] > 0
        inner: list[Doc] = [HARD if is_below else SOFT]
        if is_literal or self._has_numbers_only(opener, entries, closer):
            inner.append(self._rows(entries, dressed, separators, comma=comma))
        else:
            inner += self._entries(entries, dressed, separators, lambda _: LINE, comma=comma)
        inner += self.dangling(closer)
        expanded = concat(self.token(opener), nest(*inner), SOFT, self.token(closer))
        hug = self._hug(opener, entries, dressed, separators, closer) if hugs else None
        if hug is None:
            return group(expanded)
        # A text that is too long for any line stays where it is.
        return Choice(expanded, hug, dressed[-1] if self._is_text(entries[-1]) else None)

    def _sole(self, entry: Kid) -> Doc:
        """Return the only item of a list; nothing follows from which it has to stand out."""
        doc = self.item(entry)
        chain = entry.kids[0] if isinstance(entry, Node) and entry.action == "argument" else entry
        if isinstance(chain, Node) and is_chain(chain) and chain.aligned is not None:
            lead = self.lead(chain.first) if chain.first in self.trivia.claimed else EMPTY
            return concat(lead, chain.aligned)
        return doc

    def _entries(
        self,
        entries: list[Kid],
        dressed: list[Doc],
        separators: Sequence[int],
        line: Callable[[int], Doc],
        *,
        comma: bool,
    ) -> list[Doc]:
        """Return items with the commas after them; ``line`` makes the break before one."""
        parts: list[Doc] = []
        for position, doc in enumerate(dressed):
            parts += [line(position), doc] if position else [doc]
            if position < len(separators):
                is_last = position == len(dressed) - 1
                parts.append(self._separator(separators[position], is_last=is_last, comma=comma))
            elif comma:
                parts.append(EXTRA_COMMA)
        return parts

    def _rows(self, entries: list[Kid], dressed: list[Doc], separators: Sequence[int], *, comma: bool) -> Doc:
        """Return items in the rows that they were written in, if these fit, or in full lines."""
        begins_row = [self.trivia.newlines[first_token(entry)] > 0 for entry in entries]
        widths = [self.doc(entry).flat for entry in entries]
        is_long = not any(begins_row[1:]) and any(width > _SHORT for width in widths)
        lines = concat_all(self._entries(entries, dressed, separators, lambda _: LINE, comma=comma))
        if is_long or all(begins_row[1:]):
            # Each on a line of its own: so it was written, or it was on one line, which is too long now.
            return lines
        widest = row = 0
        for begins, width in zip(begins_row, widths, strict=True):
            row = (0 if begins else row + 1) + width + 1
            widest = max(widest, row)

        def by_row(position: int) -> Doc:
            return LINE if begins_row[position] else SPACE

        def filled(position: int) -> Doc:
            return FillLine(dressed[position], 1)

        rows = concat_all(self._entries(entries, dressed, separators, by_row, comma=comma))
        full = concat_all(self._entries(entries, dressed, separators, filled, comma=comma))
        return Rows(rows, full, lines, widest, max(widths) + 1)

    def is_separator(self, kid: Kid) -> bool:
        return isinstance(kid, int) and self.tokens.kinds[kid] in (",", "NEWLINE")

    def _separator(self, token: int, *, is_last: bool, comma: bool) -> Doc:
        """Return the comma ``token``, which only a broken list has after its last item, if at all."""
        doc: Doc = (EXTRA_COMMA if comma else EMPTY) if is_last else COMMA
        before = self.trivia.trailing.get(token - 1)
        if before and before[-1].text.startswith("///"):
            # Documentation belongs to the token after it, so a comma does not go past it.
            doc = IfBroken(self.plain(","), doc)
        # Comments before a comma go behind it: a line does not begin with one.
        parts = [doc]
        for position, comment in enumerate(self.trivia.leading.get(token, ())):
            newlines = self.trivia.newlines[token] if position == 0 else comment.newlines
            parts += [self._line_end(newlines) if newlines else SPACE, self._comment(comment)]
            parts += [HARD] if comment.is_line else []
        return concat_all([*parts, self.trail(token)])

    def _empty(self, opener: int, closer: int, separators: Sequence[int]) -> Doc:
        dangling = self.dangling(closer)
        if dangling and not self.trivia.newlines[closer] and dangling[0] is SPACE:
            dangling = dangling[1:]
        inner = [self.doc(kid) for kid in separators] + dangling
        head = self.token(opener)
        # A block comment alone stays between the brackets, wherever lines break.
        is_tight = not head.hanging and concat_all(inner).flat < ENDLESS
        return group(head, nest(*inner), EMPTY if is_tight else SOFT, self.token(closer))

    def dangling(self, closer: int) -> list[Doc]:
        """Return the comments before a closing bracket, each after what separates it from what is before it."""
        parts: list[Doc] = []
        leading = self.trivia.leading[closer] if closer in self.trivia.claimed else ()
        for position, comment in enumerate(leading):
            newlines = self.trivia.newlines[closer] if position == 0 else comment.newlines
            parts.append(self._line_end(newlines) if newlines else SPACE)
            parts.append(self._comment(comment))
        if parts and self.trivia.after[closer]:
            parts.append(HARD)
        return parts

    def _hug(
        self, opener: int, entries: list[Kid], dressed: list[Doc], separators: Sequence[int], closer: int
    ) -> Doc | None:
        """Return the arrangement in which only the last item breaks, or None if there is none."""
        is_sole_text = len(entries) == 1 and self._is_text(entries[0])
        if not (self.is_huggable(entries[-1]) or is_sole_text) or self.has_lead(first_token(entries[-1])):
            return None
        parts = [self.token(opener)]
        for position, doc in enumerate(dressed[:-1]):
            parts += [doc, self.doc(separators[position]), SPACE]
        before = concat_all(parts)
        if before.flat >= ENDLESS or before.hanging or self.has_lead(closer):
            return None
        after = [self.dressed(last, EMPTY) for last in separators[len(dressed) - 1 :]]
        return concat(Flat(before), dressed[-1], *after, self.token(closer))

    def _has_numbers_only(self, opener: int, entries: list[Kid], closer: int) -> bool:
        """Tell whether a list is a table of numbers, which stays in the rows it was written in."""
        kinds = self.tokens.kinds
        if not all(kinds[at] in _DATA for at in range(opener + 1, closer)):
            return False
        return all(any(kinds[at] in ("INT", "FLOAT") for at in token_range(entry)) for entry in entries)

    # Bodies in braces

    def _statements(self, kids: Sequence[Kid]) -> list[Doc]:
        """Return statements, members or arms, one below the other."""
        parts: list[Doc] = []
        separator = -1
        for kid in kids:
            if isinstance(kid, int) and self.is_separator(kid):
                separator = kid
                if self.tokens.kinds[kid] == ",":
                    parts.append(self.dressed(kid, EMPTY))
                continue
            first = first_token(kid)
            if parts and self.tokens.kinds[first].startswith("LAMBDA") and self.tokens.values[separator] == ";":
                # On a line of its own it would be an argument of the statement before.
                parts.append(self.plain("; "))
            elif parts:
                parts.append(self.line_end_before(kid))
            parts.append(self.item(kid))
        return parts

    def line_end_before(self, kid: Kid) -> Doc:
        """Return what separates ``kid`` from the statement before: at most one blank line is kept."""
        return BLANK if self.trivia.newlines[first_token(kid)] > 1 else HARD

    def _braces(self, opener: int, kids: Sequence[Kid], closer: int, head: Doc = EMPTY) -> Doc:
        """Return a body; one item stays on the line if it was written so.

        ``head`` are the parameters of a lambda, after the opening brace.
        """
        opening = self.token(opener) if head is EMPTY else concat(self.token(opener), SPACE, head)
        dangling = self.dangling(closer)
        if not kids and not dangling:
            between = HARD if opening.hanging else EMPTY if head is EMPTY else SPACE
            return concat(opening, between, self.token(closer))
        if self.is_before_line_end(opener, closer):
            if not kids:
                return concat(opening, nest(LINE, *dangling[1:]), LINE, self.token(closer))
            if len(kids) == 1 and not dangling:
                return concat(opening, nest(LINE, self.item(kids[0])), LINE, self.token(closer))
        body = [HARD, *self._statements(kids)] if kids else [HARD]
        return concat(opening, nest(*body, *dangling), HARD, self.token(closer))


def token_range(kid: Kid) -> range:
    """Return the tokens of ``kid``."""
    return range(first_token(kid), last_token(kid) + 1)


def is_chain(kid: Kid) -> bool:
    """Tell whether ``kid`` is made of infix operators."""
    return isinstance(kid, Node) and kid.action in CHAINS
