"""Actions that build expressions."""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import present
from compiler.syntax.actions.chains import ChainActions
from compiler.syntax.ast import UnaryOperator
from compiler.syntax.source import Span

_WITH_BODY = (ast.If, ast.Match, ast.Try, ast.Block, ast.Spawn, ast.Unsafe, ast.Select)
_UNARY = {operator.value: operator for operator in UnaryOperator}


class ExpressionActions(ChainActions):
    """Expressions; what a name means is the checker's concern."""

    # Literals

    def int_(self, span: Span, token: int) -> ast.Expression:
        value = self.tokens.values[token]
        assert isinstance(value, int)
        return ast.IntLiteral(span, value)

    def float_(self, span: Span, token: int) -> ast.Expression:
        value = self.tokens.values[token]
        assert isinstance(value, float)
        return ast.FloatLiteral(span, value)

    def string(self, span: Span, token: int) -> ast.Expression:
        return ast.StringLiteral(span, str(self.tokens.values[token]))

    def char(self, span: Span, token: int) -> ast.Expression:
        return ast.CharLiteral(span, str(self.tokens.values[token]))

    def bool_(self, span: Span, token: int) -> ast.Expression:
        return ast.BoolLiteral(span, self.tokens.kinds[token] == "true")

    def null_(self, span: Span, _token: int) -> ast.Expression:
        return ast.NullLiteral(span)

    def template_first(self, _span: Span, text: int) -> list[ast.Expression]:
        return self._text_part([], text)

    def _text_part(self, parts: list[ast.Expression], text: int) -> list[ast.Expression]:
        value = str(self.tokens.values[text])
        if value:
            parts.append(ast.StringLiteral(self.token_span(text), value))
        return parts

    def template_more(
        self, _span: Span, parts: list[ast.Expression], _open: int, part: ast.Expression, _close: int, text: int
    ) -> list[ast.Expression]:
        parts.append(part)
        return self._text_part(parts, text)

    def template_error(
        self, span: Span, parts: list[ast.Expression], _open: int, _error: int, _close: int, text: int
    ) -> list[ast.Expression]:
        parts.append(ast.ErrorExpression(span))
        return self._text_part(parts, text)

    def template(self, span: Span, _open: int, parts: list[ast.Expression], _close: int) -> ast.Expression:
        return ast.StringTemplate(span, tuple(parts))

    def tuple_(
        self, span: Span, _open: int, first: ast.Expression, _comma: int, rest: list[ast.Expression], *_close: int
    ) -> ast.Expression:
        return ast.TupleLiteral(span, (first, *rest))

    def list_empty(self, span: Span, _open: int, _close: int) -> ast.Expression:
        return ast.ListLiteral(span, ())

    def list_(self, span: Span, _open: int, elements: list[ast.Expression], *_close: int) -> ast.Expression:
        return ast.ListLiteral(span, tuple(elements))

    def map_empty(self, span: Span, _open: int, _colon: int, _close: int) -> ast.Expression:
        return ast.MapLiteral(span, ())

    def map_(self, span: Span, _open: int, entries: list[ast.MapEntry], *_close: int) -> ast.Expression:
        return ast.MapLiteral(span, tuple(entries))

    def map_entry(self, span: Span, key: ast.Expression, _colon: int, value: ast.Expression) -> ast.MapEntry:
        return ast.MapEntry(span, key, value)

    # Names, selection, calls

    def name(self, span: Span, token: int) -> ast.Expression:
        return ast.Name(span, str(self.tokens.values[token]))

    def this(self, span: Span, _token: int) -> ast.Expression:
        return ast.This(span)

    def super(self, span: Span, _token: int) -> ast.Expression:
        return ast.Super(span)

    def member(self, span: Span, object_: ast.Expression, dot: int, name: int) -> ast.Expression:
        if isinstance(object_, ast.If) and object_.otherwise is None and object_.span.start == span.start:
            # `if xs.filter { … }.any { … } { … }`: an `if` without `else` has no value and no members.
            self._second_block(object_.then.span, "so this is the body")
        return ast.Member(span, object_, self.identifier(name), self.tokens.kinds[dot] == "?.")

    def tuple_field(self, span: Span, object_: ast.Expression, dot: int, index: int) -> ast.Expression:
        value = self.tokens.values[index]
        assert isinstance(value, int)
        return ast.TupleField(span, object_, value, self.tokens.kinds[dot] == "?.")

    def type_apply(
        self, span: Span, callee: ast.Expression, _open: int, arguments: list[ast.Type], _close: int
    ) -> ast.Expression:
        return ast.TypeApply(span, callee, tuple(arguments))

    def argument(self, span: Span, value: ast.Expression) -> ast.Argument:
        return ast.Argument(span, None, value, is_spread=False)

    def argument_spread(self, span: Span, value: ast.Expression, _dots: int) -> ast.Argument:
        return ast.Argument(span, None, value, is_spread=True)

    def argument_named(self, span: Span, name: int, _colon: int, value: ast.Expression) -> ast.Argument:
        return ast.Argument(span, self.identifier(name), value, is_spread=False)

    def _second_block(self, span: Span, label: str) -> None:
        message = "a `{` in the head of `if`, `while`, `for` or `match` opens the body"
        suggestion = "put the call with its trailing lambda in parentheses"
        self.diagnostics.error("E0122", span.first(), message, label=label, suggestion=suggestion)

    def call(
        self, span: Span, callee: ast.Expression, _open: int, arguments: list[ast.Argument | None], _close: int
    ) -> ast.Expression:
        return ast.Call(span, callee, present(arguments), None)

    def trailing_lambda(self, span: Span, callee: ast.Expression, trailing: ast.Lambda) -> ast.Expression:
        # `f(x) { }` is one call; `(f(x)) { }` calls what f returns, and only its extent shows the parentheses.
        if isinstance(callee, ast.Call) and callee.trailing is None and callee.span.start == span.start:
            before = self.source.text[callee.span.end : trailing.span.start]
            if ")" not in before:
                return ast.Call(span, callee.callee, callee.arguments, trailing)
        if isinstance(callee, _WITH_BODY) and callee.span.start == span.start:
            self._second_block(trailing.span, "so this is a second one")
        return ast.Call(span, callee, (), trailing)

    def index(
        self, span: Span, object_: ast.Expression, _open: int, arguments: list[ast.Expression], _close: int
    ) -> ast.Expression:
        return ast.Index(span, object_, tuple(arguments))

    def not_null(self, span: Span, operand: ast.Expression, _mark: int) -> ast.Expression:
        return ast.NotNull(span, operand)

    def unary(self, span: Span, operator: int, operand: ast.Expression) -> ast.Expression:
        return ast.Unary(span, _UNARY[self.tokens.kinds[operator]], operand)

    def error_expression(self, span: Span, *_parts: object) -> ast.Expression:
        return ast.ErrorExpression(span)

    error_postfix = error_expression

    # Lambdas

    def lambda_empty(self, span: Span, _open: int, close: int) -> ast.Lambda:
        return ast.Lambda(span, None, ast.Block(self.token_span(close).first(), ()))

    def lambda_(self, span: Span, _open: int, statements: list[ast.Statement | None], close: int) -> ast.Lambda:
        return ast.Lambda(span, None, self._lambda_body(statements, close))

    def lambda_with_parameters(
        self,
        span: Span,
        _open: int,
        parameters: list[ast.LambdaParameter],
        _arrow: int,
        *rest: int | list[ast.Statement | None],
    ) -> ast.Lambda:
        close = rest[-1]
        assert isinstance(close, int)
        statements = rest[0] if isinstance(rest[0], list) else []
        return ast.Lambda(span, self.limit_parameters(tuple(parameters)), self._lambda_body(statements, close))

    def _lambda_body(self, statements: list[ast.Statement | None], close: int) -> ast.Block:
        found: tuple[ast.Statement, ...] = present(statements)
        span = found[0].span.to(found[-1].span) if found else self.token_span(close).first()
        return ast.Block(span, found)

    def lambda_parameter(
        self, span: Span, binding: ast.Binding, _colon: int | None = None, type_: ast.Type | None = None
    ) -> ast.LambdaParameter:
        return ast.LambdaParameter(span, binding, type_)

    # Control

    def if_(
        self,
        span: Span,
        _if: int,
        condition: ast.Expression,
        then: ast.Block,
        _else: int | None = None,
        otherwise: ast.Block | ast.If | None = None,
    ) -> ast.Expression:
        return ast.If(span, condition, then, otherwise)

    def error_if(
        self,
        span: Span,
        keyword: int,
        _error: int,
        then: ast.Block,
        _else: int | None = None,
        otherwise: ast.Block | ast.If | None = None,
    ) -> ast.Expression:
        return ast.If(span, ast.ErrorExpression(self.token_span(keyword)), then, otherwise)

    def match_(
        self, span: Span, _match: int, subject: ast.Expression, _open: int, arms: list[ast.MatchArm | None], _close: int
    ) -> ast.Expression:
        return ast.Match(span, subject, present(arms))

    def match_empty(self, span: Span, _match: int, subject: ast.Expression, _open: int, _close: int) -> ast.Expression:
        return ast.Match(span, subject, ())

    def arm(
        self,
        span: Span,
        pattern: ast.Pattern,
        guard: ast.Expression | None,
        _arrow: int,
        body: ast.Expression | ast.Assign,
    ) -> ast.MatchArm:
        return ast.MatchArm(span, pattern, guard, body)

    def arm_else(self, span: Span, keyword: int, _arrow: int, body: ast.Expression | ast.Assign) -> ast.MatchArm:
        return ast.MatchArm(span, ast.WildcardPattern(self.token_span(keyword)), None, body)

    def try_(
        self,
        span: Span,
        keyword: int,
        body: ast.Block,
        catches: list[ast.Catch | None],
        _finally: int | None = None,
        finally_body: ast.Block | None = None,
    ) -> ast.Expression:
        if not catches and finally_body is None:
            message = "this `try` has neither `catch` nor `finally`"
            self.diagnostics.error(
                "E0117", self.token_span(keyword), message, suggestion="add `catch (e: Error) { ... }`"
            )
        return ast.Try(span, body, present(catches), finally_body)

    def catch(
        self,
        span: Span,
        catches: list[ast.Catch | None],
        keyword: int,
        _open: int,
        name: int,
        _colon: int,
        type_: ast.Type,
        _close: int,
        body: ast.Block,
    ) -> list[ast.Catch | None]:
        place = Span(self.source, self.tokens.starts[keyword], span.end)
        catches.append(ast.Catch(place, self.identifier(name), type_, body))
        return catches

    def catch_error(
        self, _span: Span, catches: list[ast.Catch | None], _catch: int, _error: int, _body: ast.Block
    ) -> list[ast.Catch | None]:
        catches.append(None)
        return catches

    def return_(self, span: Span, _return: int, value: ast.Expression | None = None) -> ast.Expression:
        return ast.Return(span, value)

    def throw(self, span: Span, _throw: int, value: ast.Expression) -> ast.Expression:
        return ast.Throw(span, value)

    def yield_(self, span: Span, _yield: int, value: ast.Expression) -> ast.Expression:
        return ast.Yield(span, value)

    def break_(self, span: Span, _break: int, label: int | None = None) -> ast.Expression:
        return ast.Break(span, self.label(label))

    def continue_(self, span: Span, _continue: int, label: int | None = None) -> ast.Expression:
        return ast.Continue(span, self.label(label))

    def spawn(self, span: Span, _spawn: int, body: ast.Block) -> ast.Expression:
        return ast.Spawn(span, body)

    def unsafe(self, span: Span, _unsafe: int, body: ast.Block) -> ast.Expression:
        return ast.Unsafe(span, body)

    def select(
        self, span: Span, _select: int, _open: int, arms: list[ast.SelectArm | None], _close: int
    ) -> ast.Expression:
        return ast.Select(span, present(arms))

    def select_binding(
        self,
        span: Span,
        _let: int,
        binding: ast.Binding,
        _equals: int,
        operation: ast.Expression,
        guard: ast.Expression | None,
        _arrow: int,
        body: ast.Expression | ast.Assign,
    ) -> ast.SelectArm:
        return ast.SelectArm(span, binding, operation, guard, body)

    def select_operation(
        self,
        span: Span,
        operation: ast.Expression,
        guard: ast.Expression | None,
        _arrow: int,
        body: ast.Expression | ast.Assign,
    ) -> ast.SelectArm:
        return ast.SelectArm(span, None, operation, guard, body)

    def select_else(self, span: Span, _else: int, _arrow: int, body: ast.Expression | ast.Assign) -> ast.SelectArm:
        return ast.SelectArm(span, None, None, None, body)
