"""Actions that build types and type parameters."""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import Actions
from compiler.syntax.ast import Identifier
from compiler.syntax.source import Span


class TypeActions(Actions):
    """Types as written; meaning is the checker's."""

    def path_one(self, _span: Span, name: int) -> list[Identifier]:
        return [self.identifier(name)]

    def path_more(self, _span: Span, path: list[Identifier], _dot: int, name: int) -> list[Identifier]:
        path.append(self.identifier(name))
        return path

    def named_type(self, span: Span, path: list[Identifier]) -> ast.Type:
        return ast.NamedType(span, tuple(path), ())

    def named_type_generic(
        self, span: Span, path: list[Identifier], _open: int, arguments: list[ast.Type], *_close: int
    ) -> ast.Type:
        return ast.NamedType(span, tuple(path), tuple(arguments))

    def nullable_type(self, span: Span, inner: ast.Type, mark: int) -> ast.Type:
        if isinstance(inner, ast.NullableType):
            message = "this type is nullable already"
            self.diagnostics.error("E0127", self.token_span(mark), message, suggestion="remove this `?`")
            return inner
        return ast.NullableType(span, inner)

    def tuple_type(self, span: Span, _open: int, elements: list[ast.Type], *_close: int) -> ast.Type:
        return elements[0] if len(elements) == 1 else ast.TupleType(span, tuple(elements))

    def tuple_type_empty(self, span: Span, _open: int, _close: int) -> ast.Type:
        message = "`()` is no type"
        suggestion = "leave out the result type of a function that returns nothing, or write `Unit`"
        self.diagnostics.error("E0127", span, message, suggestion=suggestion)
        return ast.ErrorType(span)

    def function_type_none(self, span: Span, _open: int, _close: int, _arrow: int, result: ast.Type) -> ast.Type:
        return ast.FunctionType(span, (), result)

    def function_type(self, span: Span, _open: int, parameters: list[ast.Type], *rest: int | ast.Type) -> ast.Type:
        result = rest[-1]
        assert not isinstance(result, int)
        return ast.FunctionType(span, self.limit_parameters(tuple(parameters)), result)

    # Between `<` and `>` of a declaration stand parameters or, in an extension's receiver, arguments:
    # both are read as parameters with bounds or plain types, and told apart when it is known where they stand.

    def generic_type(self, _span: Span, type_: ast.Type) -> ast.Type:
        return type_

    def generic_bounded(self, span: Span, name: int, _colon: int, bounds: list[ast.Type]) -> ast.TypeParameter:
        return ast.TypeParameter(span, self.identifier(name), tuple(bounds))

    def type_parameters(
        self, _span: Span, _open: int, generics: list[ast.Type | ast.TypeParameter], _close: int
    ) -> list[ast.TypeParameter]:
        return self.as_parameters(generics)

    def as_parameters(self, generics: list[ast.Type | ast.TypeParameter]) -> list[ast.TypeParameter]:
        """Return the type parameters that ``generics`` declare; report what declares none."""
        found: list[ast.TypeParameter] = []
        for item in generics:
            if isinstance(item, ast.TypeParameter):
                found.append(item)
            elif isinstance(item, ast.NamedType) and len(item.path) == 1 and not item.arguments:
                found.append(ast.TypeParameter(item.span, item.path[0], ()))
            elif not isinstance(item, ast.ErrorType):
                message = "a type parameter is declared by a plain name, found a type"
                suggestion = "write `T`, or `T: Bound` for a parameter with a bound"
                self.diagnostics.error("E0129", item.span, message, suggestion=suggestion)
        return found

    def as_arguments(self, generics: list[ast.Type | ast.TypeParameter]) -> tuple[ast.Type, ...]:
        """Return ``generics`` as type arguments; report bounds among them."""
        found: list[ast.Type] = []
        for item in generics:
            if isinstance(item, ast.TypeParameter):
                message = "a bound cannot stand here: these are arguments of the receiver's type"
                suggestion = "declare the type parameter after `fun`: `fun <T: Bound> List<T>.name()`"
                self.diagnostics.error("E0129", item.span, message, suggestion=suggestion)
                found.append(ast.NamedType(item.span, (item.name,), ()))
            else:
                found.append(item)
        return tuple(found)
