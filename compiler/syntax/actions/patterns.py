"""Actions that build patterns."""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import Actions, present
from compiler.syntax.ast import Identifier, UnaryOperator
from compiler.syntax.source import Span


class PatternActions(Actions):
    """Patterns of `match` arms."""

    def or_first(self, _span: Span, left: ast.Pattern, _bar: int, right: ast.Pattern) -> list[ast.Pattern]:
        return [left, right]

    def or_pattern(self, span: Span, alternatives: list[ast.Pattern]) -> ast.Pattern:
        return ast.OrPattern(span, tuple(alternatives))

    def path_pattern(self, span: Span, path: list[Identifier]) -> ast.Pattern:
        if len(path) > 1:
            return ast.PathPattern(span, tuple(path))
        return ast.WildcardPattern(span) if path[0].text == "_" else ast.NamePattern(span, path[0])

    def constructor_pattern(
        self, span: Span, path: list[Identifier], _open: int, arguments: list[ast.PatternArgument | None], *_close: int
    ) -> ast.Pattern:
        return ast.ConstructorPattern(span, tuple(path), present(arguments))

    def constructor_pattern_empty(self, span: Span, path: list[Identifier], _open: int, _close: int) -> ast.Pattern:
        return ast.ConstructorPattern(span, tuple(path), ())

    def pattern_argument(self, span: Span, pattern: ast.Pattern) -> ast.PatternArgument:
        return ast.PatternArgument(span, None, pattern)

    def pattern_argument_named(self, span: Span, name: int, _colon: int, pattern: ast.Pattern) -> ast.PatternArgument:
        return ast.PatternArgument(span, self.identifier(name), pattern)

    def at_pattern(self, span: Span, name: int, _at: int, pattern: ast.Pattern) -> ast.Pattern:
        return ast.AtPattern(span, self.identifier(name), pattern)

    def type_pattern(self, span: Span, _is: int, type_: ast.Type) -> ast.Pattern:
        return ast.TypePattern(span, type_)

    def literal_pattern(self, span: Span, value: ast.Expression) -> ast.Pattern:
        return ast.LiteralPattern(span, value)

    def range_pattern(self, span: Span, low: ast.Expression, dots: int, high: ast.Expression) -> ast.Pattern:
        return ast.RangePattern(span, low, high, self.tokens.kinds[dots] == "..")

    def tuple_pattern(self, span: Span, _open: int, elements: list[ast.Pattern], *_close: int) -> ast.Pattern:
        return elements[0] if len(elements) == 1 else ast.TuplePattern(span, tuple(elements))

    def error_pattern(self, span: Span, *_parts: int) -> ast.Pattern:
        return ast.WildcardPattern(span)

    def negative_int(self, span: Span, _minus: int, token: int) -> ast.Expression:
        value = self.tokens.values[token]
        assert isinstance(value, int)
        return ast.Unary(span, UnaryOperator.NEGATE, ast.IntLiteral(self.token_span(token), value))

    def negative_float(self, span: Span, _minus: int, token: int) -> ast.Expression:
        value = self.tokens.values[token]
        assert isinstance(value, float)
        return ast.Unary(span, UnaryOperator.NEGATE, ast.FloatLiteral(self.token_span(token), value))
