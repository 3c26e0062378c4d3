"""Actions that fold chains of infix operators as they are read.

A chain with one operand is the operand itself: `Chain` objects exist only where
an operator was read, and only the actions here and the parser's `finish_chain`
see them.
"""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import Actions
from compiler.syntax.precedence import (
    CAST,
    NOT_ASSOCIATIVE,
    OPERATOR,
    PRECEDENCE,
    RIGHT_ASSOCIATIVE,
    TEST,
    Chain,
    Operand,
    Pending,
)
from compiler.syntax.source import Span


class ChainActions(Actions):
    """Operator precedence by two stacks, without recursion."""

    def chain_infix(self, span: Span, chain: ast.Expression | Chain, operator: int, right: ast.Expression) -> Chain:
        tokens = self.tokens
        text = str(tokens.values[operator])
        started = self._start(chain, span, operator)
        self._fold(started, PRECEDENCE[text], operator)
        started.operators.append(Pending(PRECEDENCE[text], OPERATOR[text], operator))
        started.operands.append(Operand(right, tokens.starts[operator + 1], span.end))
        return started

    def chain_jump(
        self, span: Span, chain: ast.Expression | Chain, operator: int, right: ast.Expression
    ) -> ast.Expression:
        return self.finish_chain(self.chain_infix(span, chain, operator, right))

    def chain_is(self, span: Span, chain: ast.Expression | Chain, operator: int, type_: ast.Type) -> Chain:
        started = self._start(chain, span, operator)
        self._fold(started, TEST, operator)
        operand = started.operands[-1]
        place = Span(self.source, operand.start, span.end)
        test = ast.TypeTest(place, operand.node, type_, self.tokens.kinds[operator] == "!is")
        started.operands[-1] = Operand(test, operand.start, span.end)
        started.last_folded = TEST
        return started

    def chain_as(self, span: Span, chain: ast.Expression | Chain, operator: int, type_: ast.Type) -> Chain:
        return self._cast(span, chain, operator, type_, is_safe=False)

    def chain_as_safe(
        self, span: Span, chain: ast.Expression | Chain, operator: int, _mark: int, type_: ast.Type
    ) -> Chain:
        return self._cast(span, chain, operator, type_, is_safe=True)

    def _cast(
        self, span: Span, chain: ast.Expression | Chain, operator: int, type_: ast.Type, *, is_safe: bool
    ) -> Chain:
        started = self._start(chain, span, operator)
        self._fold(started, CAST, operator)
        operand = started.operands[-1]
        cast = ast.Cast(Span(self.source, operand.start, span.end), operand.node, type_, is_safe)
        started.operands[-1] = Operand(cast, operand.start, span.end)
        return started

    def finish_chain(self, chain: Chain) -> ast.Expression:
        """Return the expression that the whole chain is."""
        self._fold(chain, -2, None)
        return chain.operands[0].node

    def _start(self, chain: ast.Expression | Chain, span: Span, operator: int) -> Chain:
        if isinstance(chain, Chain):
            return chain
        return Chain([Operand(chain, span.start, self.tokens.ends[operator - 1])])

    def _fold(self, chain: Chain, level: int, operator: int | None) -> None:
        """Fold the operators that bind more strongly than one of ``level`` that follows."""
        operators, operands = chain.operators, chain.operands
        folded = chain.last_folded
        chain.last_folded = None
        while operators:
            last = operators[-1]
            if last.level < level or (last.level == level and level in RIGHT_ASSOCIATIVE):
                break
            operators.pop()
            right, left = operands.pop(), operands[-1]
            folded = last.level
            span = Span(self.source, left.start, right.end)
            node = ast.Binary(span, last.operator, self.token_span(last.token), left.node, right.node)
            operands[-1] = Operand(node, left.start, right.end)
        if folded == level and level in NOT_ASSOCIATIVE and operator is not None:
            self._report_chained(operator, level)

    def _report_chained(self, operator: int, level: int) -> None:
        text = self.token_text(operator)
        message = f"`{text}` cannot follow another operator of its kind"
        if level == 4:
            suggestion = "put one of the ranges in parentheses"
        else:
            suggestion = "join two comparisons with `&&`, as in `a < b && b < c`, or use parentheses"
        self.diagnostics.error("E0111", self.token_span(operator), message, suggestion=suggestion)
