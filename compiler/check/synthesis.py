"""Members that the language writes for the programmer, as syntax trees.

Data classes and enum cases get equals, hash and toString, data classes also copy, enums name, ordinal and
values.  They are checked like any other code, so they mean exactly what their source form would mean; names
that begin with `$` are looked up in the core library alone, whatever the program calls its own things.
"""

from __future__ import annotations

from collections.abc import Sequence

from compiler.syntax import ast
from compiler.syntax.ast import BinaryOperator
from compiler.syntax.source import Span


class Maker:
    """Makes nodes that all stand at one place."""

    def __init__(self, span: Span) -> None:
        self.span = span

    def identifier(self, text: str) -> ast.Identifier:
        return ast.Identifier(self.span, text)

    def modifiers(self, *words: str) -> ast.Modifiers:
        return ast.Modifiers(self.span, (), tuple(self.identifier(word) for word in words))

    def name(self, text: str) -> ast.Name:
        return ast.Name(self.span, text)

    def text(self, value: str) -> ast.StringLiteral:
        return ast.StringLiteral(self.span, value)

    def field(self, name: str) -> ast.Member:
        return ast.Member(self.span, ast.This(self.span), self.identifier(name), is_safe=False)

    def member(self, of: ast.Expression, name: str) -> ast.Member:
        return ast.Member(self.span, of, self.identifier(name), is_safe=False)

    def call(self, callee: ast.Expression, *arguments: ast.Expression) -> ast.Call:
        listed = tuple(ast.Argument(self.span, None, item, is_spread=False) for item in arguments)
        return ast.Call(self.span, callee, listed, None)

    def binary(self, operator: BinaryOperator, left: ast.Expression, right: ast.Expression) -> ast.Binary:
        return ast.Binary(self.span, operator, self.span, left, right)

    def named_type(self, *path: str, arguments: Sequence[str] = ()) -> ast.NamedType:
        parts = tuple(self.identifier(part) for part in path)
        return ast.NamedType(self.span, parts, tuple(self.named_type(item) for item in arguments))

    def function(
        self,
        name: str,
        parameters: Sequence[ast.Parameter],
        result: ast.Type | None,
        body: ast.Expression,
        *words: str,
    ) -> ast.Function:
        modifiers = self.modifiers(*words)
        return ast.Function(
            self.span, None, modifiers, None, self.identifier(name), (), tuple(parameters), result, body
        )

    def parameter(self, name: str, type_: ast.Type, default: ast.Expression | None = None) -> ast.Parameter:
        return ast.Parameter(self.span, (), self.identifier(name), type_, is_variadic=False, default=default)

    def getter(self, name: str, type_: ast.Type, body: ast.Expression | None, *words: str) -> ast.Variable:
        getter = ast.Getter(self.span, self.modifiers(), body) if body is not None else None
        binding = ast.NameBinding(self.span, self.identifier(name))
        return ast.Variable(
            self.span,
            None,
            self.modifiers(*words),
            is_mutable=False,
            binding=binding,
            type=type_,
            initializer=None,
            getter=getter,
            setter=None,
        )


def value_members(
    span: Span, title: str, path: Sequence[str], type_params: Sequence[str], fields: Sequence[str]
) -> list[ast.Function]:
    """Return equals, hash and toString of a class whose objects are equal if their fields are."""
    make = Maker(span)
    any_type = ast.NullableType(span, make.named_type("Any"))
    other = make.name("other")
    own_type = make.named_type(*path, arguments=type_params)
    same: ast.Expression = ast.TypeTest(span, other, own_type, is_negated=False)
    for name in fields:
        equal = make.binary(BinaryOperator.EQUAL, make.field(name), make.member(other, name))
        same = make.binary(BinaryOperator.AND, same, equal)
    mixed: ast.Expression = ast.IntLiteral(span, sum(title.encode()) % 1009)
    for name in fields:
        scaled = make.binary(BinaryOperator.WRAPPING_MULTIPLY, mixed, ast.IntLiteral(span, 31))
        hashed = make.call(make.name("$anyHash"), make.field(name))
        mixed = make.binary(BinaryOperator.WRAPPING_ADD, scaled, hashed)
    return [
        make.function("equals", [make.parameter("other", any_type)], make.named_type("$Bool"), same, "override"),
        make.function("hash", [], make.named_type("$Int"), make.call(make.name("$mixHash"), mixed), "override"),
        make.function("toString", [], make.named_type("$String"), _text(make, title, fields), "override"),
    ]


def _text(make: Maker, title: str, fields: Sequence[str]) -> ast.Expression:
    if not fields:
        return make.text(title)
    parts: list[ast.Expression] = []
    lead = f"{title}("
    for name in fields:
        is_named = not (name.startswith("_") and name[1:].isdigit())
        parts += [make.text(f"{lead}{name}: " if is_named else lead), make.field(name)]
        lead = ", "
    return ast.StringTemplate(make.span, (*parts, make.text(")")))


def copy_member(node: ast.Class) -> ast.Function:
    """Return ``copy``, whose arguments replace properties."""
    make = Maker(node.name.span)
    parameters = [
        make.parameter(item.name.text, item.type, make.field(item.name.text)) for item in node.parameters or ()
    ]
    own_type = make.named_type(node.name.text, arguments=[item.name.text for item in node.type_parameters])
    body = make.call(make.name(node.name.text), *(make.name(item.name.text) for item in node.parameters or ()))
    return make.function("copy", parameters, own_type, body)


def case_members(case: ast.EnumCase, ordinal: int) -> list[ast.Variable]:
    """Return what every case says of itself."""
    make = Maker(case.name.span)
    return [
        make.getter("ordinal", make.named_type("$Int"), ast.IntLiteral(make.span, ordinal), "override"),
        make.getter("name", make.named_type("$String"), make.text(case.name.text), "override"),
    ]


def value_member(case: ast.EnumCase) -> ast.Variable | None:
    """Return the getter of the number that a case is given by ``Red = 1``."""
    if case.value is None:
        return None
    make = Maker(case.name.span)
    return make.getter("value", make.named_type("$Int"), case.value, "override")


def enum_members(node: ast.Enum) -> list[ast.Variable]:
    """Return the abstract properties that the cases implement."""
    make = Maker(node.name.span)
    members = [
        make.getter("ordinal", make.named_type("$Int"), None, "abstract"),
        make.getter("name", make.named_type("$String"), None, "abstract"),
    ]
    if any(case.value is not None for case in node.cases):
        members.append(make.getter("value", make.named_type("$Int"), None, "abstract"))
    return members


def values_member(node: ast.Enum) -> ast.Function | None:
    """Return ``values`` of an enum whose cases have no payload."""
    if node.type_parameters or any(case.fields for case in node.cases):
        return None
    make = Maker(node.name.span)
    own_type = make.named_type(node.name.text)
    listed = tuple(make.member(make.name(node.name.text), case.name.text) for case in node.cases)
    result = ast.NamedType(make.span, (make.identifier("$List"),), (own_type,))
    return make.function("values", [], result, ast.ListLiteral(make.span, listed), "static")
