"""Printing chains: infix operators by their precedence, and selections and calls.

The grammar reads both from left to right, one link at a time; a chain is complete when
something else takes it for an operand.  Operators stand at the ends of lines, because a
line that begins with `-` would be a statement; `?:` begins its line, as in Kotlin.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.formatting.concrete import Node, first_token
from compiler.formatting.documents import (
    ENDLESS,
    HARD,
    INDENT,
    LINE,
    SOFT,
    SPACE,
    Choice,
    Doc,
    FillLine,
    Flat,
    concat,
    concat_all,
    group,
    nest,
    spaced,
)
from compiler.formatting.printing import CHAINS, POSTFIX, PrinterBase
from compiler.syntax.precedence import CAST, NOT_ASSOCIATIVE, PRECEDENCE, RIGHT_ASSOCIATIVE, TEST

_RANGE = PRECEDENCE[".."]
_ELVIS = PRECEDENCE["?:"]
# Operands up to this width share lines where a chain is broken; among many of them one may be longer.
_SHORT = 24
_MANY = 3
# What an operator needs that follows an operand.
_OPERATOR = 4


@dataclass(slots=True)
class _Run:
    """Operands with operators of one level between them: the operator and operand of each after the first."""

    first: Doc
    level: int | None = None
    rest: list[tuple[int, Doc]] | None = None


class ChainPrinter(PrinterBase):
    """Documents of chains."""

    def link(self, node: Node) -> None:
        """Take over the links of the chain that ``node`` goes on with."""
        left = node.kids[0]
        family = CHAINS if node.action in CHAINS else POSTFIX
        goes_on = isinstance(left, Node) and left.action in family
        node.links = left.links if goes_on and isinstance(left, Node) else []
        node.links.append(node)

    def complete(self, node: Node) -> None:
        if node.action in CHAINS:
            self._complete_operators(node)
        elif node.action in POSTFIX:
            node.doc = self._selections(node)
        else:
            raise AssertionError(f"{node.action} has no document")

    # Operators

    def _complete_operators(self, node: Node) -> None:
        base = node.links[0].kids[0]
        runs = [_Run(self.doc(base))]
        pending: list[tuple[int, int]] = []
        for link in node.links:
            operator = link.kids[1]
            assert isinstance(operator, int)
            if link.action in ("chain_infix", "chain_jump"):
                level = PRECEDENCE[str(self.tokens.values[operator])]
                self._fold(runs, pending, level)
                pending.append((level, operator))
                runs.append(_Run(self.doc(link.kids[2])))
                continue
            self._fold(runs, pending, TEST if link.action == "chain_is" else CAST)
            words = self.tight(link.kids[1:-1])
            runs[-1] = _Run(spaced((self._whole(runs[-1]), words, self.doc(link.kids[-1]))))
        self._fold(runs, pending, -2)
        run = runs[0]
        node.aligned = group(self._lines(run, is_nested=False))
        node.doc = group(self._lines(run, is_nested=True))
        node.hug = self._hugging_operators(node)
        if node.hug is not None:
            last = self.doc(node.links[-1].kids[-1])
            node.doc = Choice(self._lines(run, is_nested=True), node.hug, last)
            node.aligned = Choice(self._lines(run, is_nested=False), node.hug, last)

    def _fold(self, runs: list[_Run], pending: list[tuple[int, int]], level: int) -> None:
        """Join the operands of operators that bind more strongly than one of ``level`` that follows."""
        while pending:
            last, operator = pending[-1]
            if last < level or (last == level and level in RIGHT_ASSOCIATIVE):
                return
            pending.pop()
            right, left = runs.pop(), runs[-1]
            if left.level == last and left.rest is not None and last not in NOT_ASSOCIATIVE:
                left.rest.append((operator, self._whole(right)))
            elif right.level == last and right.rest is not None and last in RIGHT_ASSOCIATIVE:
                runs[-1] = _Run(self._whole(left), last, [(operator, right.first), *right.rest])
            else:
                runs[-1] = _Run(self._whole(left), last, [(operator, self._whole(right))])

    def _whole(self, run: _Run) -> Doc:
        return run.first if run.rest is None else group(self._lines(run, is_nested=True))

    def _lines(self, run: _Run, *, is_nested: bool) -> Doc:
        parts: list[Doc] = []
        long = sum(operand.flat > _SHORT for operand in (run.first, *(item for _, item in run.rest or ())))
        is_filled = long == 0 or (long == 1 and len(run.rest or ()) >= _MANY)
        for operator, operand in run.rest or ():
            text = self.token(operator)
            if run.level == _RANGE:
                parts += [text, operand]
            elif run.level == _ELVIS:
                parts += [LINE, text, SPACE, operand]
            else:
                line = FillLine(operand, _OPERATOR) if is_filled else LINE
                parts += [SPACE, text, line, operand]
        return concat(run.first, nest(*parts) if is_nested else concat_all(parts))

    def _hugging_operators(self, node: Node) -> Doc | None:
        """Return the chain with only its last operand broken, if that ends in a body."""
        last = node.links[-1].kids[-1]
        if node.action not in ("chain_infix", "chain_jump") or not self.is_huggable(last):
            return None
        parts = [self.doc(node.links[0].kids[0])]
        for link in node.links:
            is_tight = link.action in ("chain_infix", "chain_jump") and self.tokens.kinds[
                first_token(link.kids[1])
            ] in ("..", "..<")
            space = () if is_tight else (SPACE,)
            kids = link.kids[1:-1] if link is node else link.kids[1:]
            for at, kid in enumerate(kids):
                parts += [*(space if at < 2 else ()), self.doc(kid)]
            if link is node:
                parts += space
        before = concat_all(parts)
        if before.flat >= ENDLESS or before.hanging:
            return None
        return concat(Flat(before), self.doc(last))

    # Selections and calls

    def _selections(self, node: Node) -> Doc:
        base = self.doc(node.links[0].kids[0])
        docs = [self._link(link) for link in node.links]
        head, lines, dots = self._segments(base, node.links, docs)
        whole = concat(base, *docs)
        if not lines:
            return whole
        is_broken = any(self.trivia.newlines[dot] for dot in dots)
        if len(dots) < 2 and not (is_broken and len(lines) > 1):
            return whole
        line = HARD if is_broken else SOFT
        expanded = concat(head, nest(*(part for doc in lines for part in (line, doc))))
        hug = None if is_broken else self._hugging_selections(base, node.links, docs)
        return group(expanded) if hug is None else Choice(expanded, hug, lines[-1])

    def _link(self, link: Node) -> Doc:
        kids = link.kids
        match link.action:
            case "call":
                return self.delimited(kids[1], kids[2], kids[3], comma=True, hugs=True)
            case "trailing_lambda":
                return concat(SPACE, self.doc(kids[1]))
            case "index":
                return self.delimited(kids[1], kids[2], kids[3])
            case "type_apply":
                return self.delimited(kids[1], kids[2], kids[3])
            case _:
                return self.tight(kids[1:])

    def _segments(self, base: Doc, links: list[Node], docs: list[Doc]) -> tuple[Doc, list[Doc], list[int]]:
        """Return what stays on the first line, the lines of a broken chain, and the dots of its calls.

        A line is a selection with the calls on it; plain selections go with the call after them.
        """
        segments: list[tuple[list[Doc], bool, int]] = []
        head = [base]
        for link, doc in zip(links, docs, strict=True):
            if link.action in ("member", "tuple_field"):
                segments.append(([doc], False, first_token(link.kids[1])))
            elif segments:
                parts, _, dot = segments[-1]
                parts.append(doc)
                segments[-1] = (parts, link.action in ("call", "trailing_lambda") or segments[-1][1], dot)
            else:
                head.append(doc)
        dots = [dot for _, is_call, dot in segments if is_call]
        at = 0
        while at < len(segments) and not segments[at][1]:
            head += segments[at][0]
            at += 1
        if at < len(segments) and concat_all(head).flat <= INDENT:
            head += segments[at][0]
            at += 1
        lines: list[Doc] = []
        waiting: list[Doc] = []
        for parts, is_call, _ in segments[at:]:
            waiting += parts
            if is_call:
                lines.append(concat_all(waiting))
                waiting = []
        if lines:
            lines[-1] = concat(lines[-1], *waiting)
        return concat_all(head), lines, dots

    def _hugging_selections(self, base: Doc, links: list[Node], docs: list[Doc]) -> Doc | None:
        """Return the chain with only the lambda at its end broken, or None if it ends otherwise."""
        before = concat(base, *docs[:-1])
        if not self.ends_in_body(links[-1]) or before.flat >= ENDLESS or before.hanging:
            return None
        return concat(Flat(before), docs[-1])
