"""Actions that build statements and blocks."""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import present
from compiler.syntax.actions.modifiers import ModifierActions
from compiler.syntax.ast import BinaryOperator
from compiler.syntax.source import Span

Loop = ast.While | ast.DoWhile | ast.For
_ASSIGNABLE = (ast.Name, ast.Member, ast.TupleField, ast.Index, ast.ErrorExpression)


class StatementActions(ModifierActions):
    """Statements; a block's value is the checker's concern."""

    def block_empty(self, span: Span, _open: int, _close: int) -> ast.Block:
        return ast.Block(span, ())

    def block(self, span: Span, _open: int, statements: list[ast.Statement | None], _close: int) -> ast.Block:
        return ast.Block(span, present(statements))

    def loop_body(self, span: Span, loop: Loop) -> ast.Block:
        return ast.Block(span, (loop,))

    def expression_statement(self, span: Span, expression: ast.Expression) -> ast.Statement:
        return ast.ExpressionStatement(span, expression)

    def error_statement(self, span: Span, _error: int) -> ast.Statement:
        return ast.ExpressionStatement(span, ast.ErrorExpression(span))

    def declaration_statement(self, span: Span, declaration: ast.Declaration | None) -> ast.Statement | None:
        if declaration is None:
            return ast.ExpressionStatement(span, ast.ErrorExpression(span))
        if isinstance(declaration, ast.Function | ast.Variable):
            self.check_local(declaration)
            return declaration
        kind = self.kind_of(declaration)
        message = f"{kind} cannot be declared inside a function"
        head = declaration.name.span if not isinstance(declaration, ast.Test) else span
        self.diagnostics.error("E0118", head, message, suggestion="move it out of the function")
        return None

    def assign(self, span: Span, target: ast.Expression, operator: int, value: ast.Expression) -> ast.Statement:
        text = self.token_text(operator)
        self._check_target(target, text)
        compound = None if text == "=" else BinaryOperator(text[:-1])
        return ast.Assign(span, target, compound, self.token_span(operator), value)

    def _check_target(self, target: ast.Expression, operator: str) -> None:
        """Report what cannot be assigned to; a tuple can, part by part."""
        if isinstance(target, ast.TupleLiteral) and operator == "=":
            for element in target.elements:
                self._check_target(element, operator)
            return
        is_safe = isinstance(target, ast.Member | ast.TupleField) and target.is_safe
        if not isinstance(target, _ASSIGNABLE) or (is_safe and operator != "="):
            message = f"`{operator}` needs a variable, a property or an element on its left"
            self.diagnostics.error("E0112", target.span, message, label="this cannot be assigned to")

    def while_(self, span: Span, _while: int, condition: ast.Expression, body: ast.Block) -> Loop:
        return ast.While(span, None, condition, body)

    def do_while(self, span: Span, _do: int, body: ast.Block, _while: int, condition: ast.Expression) -> Loop:
        return ast.DoWhile(span, None, body, condition)

    def for_(
        self,
        span: Span,
        _for: int,
        binding: ast.Binding,
        type_: ast.Type | None,
        _in: int,
        iterable: ast.Expression,
        body: ast.Block,
    ) -> Loop:
        return ast.For(span, None, binding, type_, iterable, body)

    def error_loop(self, span: Span, _keyword: int, _error: int, body: ast.Block) -> Loop:
        return ast.While(span, None, ast.ErrorExpression(span), body)

    def labelled(self, span: Span, label: int, _colon: int, loop: Loop) -> Loop:
        name = self.identifier(label)
        match loop:
            case ast.While():
                return ast.While(span, name, loop.condition, loop.body)
            case ast.DoWhile():
                return ast.DoWhile(span, name, loop.body, loop.condition)
            case ast.For():
                return ast.For(span, name, loop.binding, loop.type, loop.iterable, loop.body)

    def defer_block(self, span: Span, _defer: int, body: ast.Block) -> ast.Statement:
        return ast.Defer(span, body)

    def defer_expression(self, span: Span, _defer: int, expression: ast.Expression) -> ast.Statement:
        statement = ast.ExpressionStatement(expression.span, expression)
        return ast.Defer(span, ast.Block(expression.span, (statement,)))

    def assert_(
        self,
        span: Span,
        _assert: int,
        condition: ast.Expression,
        _comma: int | None = None,
        message: ast.Expression | None = None,
    ) -> ast.Statement:
        return ast.Assert(span, condition, message)

    def binding_name(self, span: Span, name: int) -> ast.Binding:
        return ast.NameBinding(span, self.identifier(name))

    def binding_tuple(self, span: Span, _open: int, elements: list[ast.Binding], *_close: int) -> ast.Binding:
        if len(elements) == 1:
            return elements[0]
        return ast.TupleBinding(span, tuple(elements))
