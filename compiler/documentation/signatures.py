"""Declarations as their head is written, with a link at each type.

A signature is a list of fragments, so that its width is known before its HTML is made: one that is too wide gets a
line for each parameter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from compiler.documentation.model import Item
from compiler.documentation.names import Names
from compiler.syntax import ast

WIDTH = 88
DEFAULT_WIDTH = 40
SHOWN_ANNOTATIONS = frozenset({"export", "host"})
HIDDEN_WORDS = frozenset({"pub"})


@dataclass(frozen=True, slots=True)
class Fragment:
    """A piece of a signature: its text, its CSS class if any, the address it leads to if any."""

    text: str
    style: str = ""
    href: str | None = None

    def html(self, root: str) -> str:
        """As HTML; ``root`` leads from the page to the top of the site."""
        text = escape(self.text)
        style = f' class="{self.style}"' if self.style else ""
        if self.href is not None:
            return f'<a{style} href="{escape(root + self.href)}">{text}</a>'
        return f"<span{style}>{text}</span>" if style else text


Fragments = list[Fragment]


def signature_html(item: Item, names: Names, root: str) -> str:
    """The signature of an item, to stand in a ``<pre>``."""
    return "".join(fragment.html(root) for fragment in SignatureWriter(item, names).write())


def signature_text(item: Item, names: Names) -> str:
    """The signature of an item on one line of plain text."""
    return " ".join("".join(fragment.text for fragment in SignatureWriter(item, names).write()).split())


class SignatureWriter:
    """Writes the signature of one item."""

    def __init__(self, item: Item, names: Names) -> None:
        self._item = item
        self._names = names
        self._scope = item.scope

    def write(self) -> Fragments:
        """The whole signature."""
        node = self._item.node
        match node:
            case ast.Function():
                return self._function(node)
            case ast.Variable():
                return self._variable(node)
            case ast.Class():
                return self._class(node)
            case ast.Interface() | ast.Enum():
                word = "enum" if isinstance(node, ast.Enum) else "interface"
                head = [*self._modifiers(node.modifiers), *_keyword(word), self._declared(node.name.text)]
                return [*head, *self._type_parameters(node.type_parameters), *self._supertypes(node.supertypes)]
            case ast.TypeAliasDeclaration():
                head = [*self._modifiers(node.modifiers), *_keyword("typealias"), self._declared(node.name.text)]
                equals = [Fragment(" = ")]
                return [*head, *self._type_parameters(node.type_parameters), *equals, *self._type(node.type)]
            case ast.EnumCase():
                return self._case(node)
            case ast.ClassParameter():
                return self._class_parameter(node)

    def _function(self, node: ast.Function) -> Fragments:
        head = [*self._modifiers(node.modifiers), *_keyword("fun")]
        if node.receiver is not None:
            head += [*self._type(node.receiver), Fragment(".")]
        head += [self._declared(node.name.text), *self._type_parameters(node.type_parameters)]
        tail = [Fragment(" -> "), *self._type(node.result)] if node.result is not None else []
        return _with_parameters(head, [self._parameter(item) for item in node.parameters], tail)

    def _variable(self, node: ast.Variable) -> Fragments:
        word = "var" if node.is_mutable or node.setter is not None else "let"
        out = [*self._modifiers(node.modifiers), *_keyword(word), self._declared(self._item.name)]
        if node.type is not None:
            out += [Fragment(": "), *self._type(node.type)]
        if node.initializer is not None and (node.type is None or _is_constant(node.initializer)):
            out += [Fragment(" = "), _source(node.initializer)]
        return out

    def _class(self, node: ast.Class) -> Fragments:
        head = [*self._modifiers(node.modifiers), *_keyword("class"), self._declared(node.name.text)]
        head += self._type_parameters(node.type_parameters)
        tail = self._supertypes(node.supertypes)
        if node.parameters is None:
            return head + tail
        return _with_parameters(head, [self._class_parameter(item) for item in node.parameters], tail)

    def _case(self, node: ast.EnumCase) -> Fragments:
        out = [self._declared(node.name.text)]
        if node.value is not None:
            return [*out, Fragment(" = "), _source(node.value)]
        fields = []
        for part in node.fields:
            name = [Fragment(part.name.text), Fragment(": ")] if part.name is not None else []
            fields.append([*name, *self._type(part.type), *_default(part.default)])
        return _with_parameters(out, fields, []) if fields else out

    def _parameter(self, node: ast.Parameter) -> Fragments:
        dots = [Fragment("...")] if node.is_variadic else []
        return [Fragment(node.name.text), Fragment(": "), *self._type(node.type), *dots, *_default(node.default)]

    def _class_parameter(self, node: ast.ClassParameter) -> Fragments:
        word = {None: [], False: _keyword("let"), True: _keyword("var")}[node.is_mutable]
        dots = [Fragment("...")] if node.is_variadic else []
        head = [*self._modifiers(node.modifiers), *word, Fragment(node.name.text), Fragment(": ")]
        return [*head, *self._type(node.type), *dots, *_default(node.default)]

    def _modifiers(self, node: ast.Modifiers) -> Fragments:
        shown = [item for item in node.annotations if item.name.text in SHOWN_ANNOTATIONS]
        out = [Fragment(item.span.text + "\n", "a") for item in shown]
        for word in node.words:
            if word.text not in HIDDEN_WORDS:
                out += _keyword(word.text)
        return out

    def _declared(self, name: str) -> Fragment:
        return Fragment(name, "d")

    def _type_parameters(self, nodes: Sequence[ast.TypeParameter]) -> Fragments:
        if not nodes:
            return []
        parts = []
        for node in nodes:
            bounds = [self._type(bound) for bound in node.bounds]
            parts.append([Fragment(node.name.text, "t"), *([Fragment(": "), *_join(bounds, " & ")] if bounds else [])])
        return [Fragment("<"), *_join(parts, ", "), Fragment(">")]

    def _supertypes(self, nodes: Sequence[ast.Supertype]) -> Fragments:
        return [Fragment(" : "), *_join([self._type(node.type) for node in nodes], ", ")] if nodes else []

    def _type(self, node: ast.Type) -> Fragments:
        match node:
            case ast.NamedType(path=path, arguments=arguments):
                parts = [part.text for part in path]
                href = self._names.type_address(parts, self._item.module, self._scope)
                name = Fragment(".".join(parts), "t", href)
                inner = [self._type(item) for item in arguments]
                return [name, Fragment("<"), *_join(inner, ", "), Fragment(">")] if inner else [name]
            case ast.NullableType(inner=wrapped):
                body = self._type(wrapped)
                if isinstance(wrapped, ast.FunctionType):
                    body = [Fragment("("), *body, Fragment(")")]
                return [*body, Fragment("?")]
            case ast.TupleType(elements=elements):
                return [Fragment("("), *_join([self._type(item) for item in elements], ", "), Fragment(")")]
            case ast.FunctionType(parameters=parameters, result=result):
                inner = [self._type(item) for item in parameters]
                return [Fragment("("), *_join(inner, ", "), Fragment(") -> "), *self._type(result)]
            case ast.ErrorType():
                return [Fragment("?")]


def _with_parameters(head: Fragments, parameters: list[Fragments], tail: Fragments) -> Fragments:
    flat = [*head, Fragment("("), *_join(parameters, ", "), Fragment(")"), *tail]
    if len(parameters) < 2 or sum(len(fragment.text) for fragment in flat) <= WIDTH:
        return flat
    return [*head, Fragment("(\n    "), *_join(parameters, ",\n    "), Fragment(",\n)"), *tail]


def _join(parts: Sequence[Fragments], separator: str) -> Fragments:
    out: Fragments = []
    for number, part in enumerate(parts):
        out += [Fragment(separator), *part] if number else part
    return out


def _keyword(word: str) -> Fragments:
    return [Fragment(word, "k"), Fragment(" ")]


def _default(node: ast.Expression | None) -> Fragments:
    return [] if node is None else [Fragment(" = "), _source(node)]


def _source(node: ast.Expression) -> Fragment:
    text = " ".join(node.span.text.split())
    return Fragment(text if len(text) <= DEFAULT_WIDTH else text[: DEFAULT_WIDTH - 3] + "...", "v")


def _is_constant(node: ast.Expression) -> bool:
    inner = node.operand if isinstance(node, ast.Unary) else node
    literals = ast.IntLiteral | ast.FloatLiteral | ast.BoolLiteral | ast.NullLiteral | ast.CharLiteral
    return isinstance(inner, literals | ast.StringLiteral)
