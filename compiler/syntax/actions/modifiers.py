"""Modifiers and annotations: building them, and which word may stand before what."""

from __future__ import annotations

from compiler.syntax import ast
from compiler.syntax.actions.base import Actions, present
from compiler.syntax.ast import Identifier, Modifiers
from compiler.syntax.source import Span

Annotated = ast.Declaration | ast.Import | ast.Init

_VISIBILITY = frozenset({"pub", "private", "protected"})
_INHERITANCE = frozenset({"open", "override", "abstract"})
_AT_TOP = {
    ast.Import: frozenset({"pub"}),
    ast.Function: frozenset({"pub", "private", "unsafe"}),
    ast.Variable: frozenset({"pub", "private"}),
    ast.Class: frozenset({"pub", "private", "open", "abstract", "data"}),
    ast.Interface: frozenset({"pub", "private"}),
    ast.Enum: frozenset({"pub", "private"}),
    ast.TypeAliasDeclaration: frozenset({"pub", "private"}),
    ast.Test: frozenset[str](),
}
_AS_MEMBER = {
    ast.Function: _VISIBILITY | _INHERITANCE | {"static", "unsafe"},
    ast.Variable: _VISIBILITY | _INHERITANCE | {"static"},
    ast.Class: _VISIBILITY | {"open", "abstract", "data"},
    ast.Interface: _VISIBILITY,
    ast.Enum: _VISIBILITY,
    ast.TypeAliasDeclaration: _VISIBILITY,
    ast.Init: frozenset[str](),
    ast.Test: frozenset[str](),
}
_PARAMETER = _VISIBILITY | {"open", "override"}
_KINDS = {
    ast.Import: "an import",
    ast.Function: "a function",
    ast.Variable: "a variable",
    ast.Class: "a class",
    ast.Interface: "an interface",
    ast.Enum: "an enum",
    ast.TypeAliasDeclaration: "a type alias",
    ast.Test: "a test",
    ast.Init: "an `init` block",
}


class ModifierActions(Actions):
    """Actions and checks that every kind of declaration needs."""

    def annotation(
        self,
        span: Span,
        _at: int,
        name: int,
        _open: int | None = None,
        arguments: list[ast.Argument | None] | None = None,
        _close: int | None = None,
    ) -> ast.Annotation:
        return ast.Annotation(span, self.identifier(name), present(arguments or ()))

    def annotation_line(
        self, _span: Span, items: list[int | ast.Annotation], annotation: ast.Annotation, _newline: int
    ) -> list[int | ast.Annotation]:
        items.append(annotation)
        return items

    def modifiers(self, items: list[int | ast.Annotation], start: int) -> Modifiers:
        """Return what precedes a declaration that begins at ``start``."""
        if not items:
            return Modifiers(Span(self.source, start, start), (), ())
        words: list[Identifier] = []
        annotations: list[ast.Annotation] = []
        for item in items:
            if isinstance(item, ast.Annotation):
                annotations.append(item)
                continue
            word = self.identifier(item)
            if any(other.text == word.text for other in words):
                message = f"`{word.text}` is written twice"
                self.diagnostics.error("E0113", word.span, message, suggestion="remove one of them")
            else:
                words.append(word)
        first, last = items[0], items[-1]
        start = first.span.start if isinstance(first, ast.Annotation) else self.tokens.starts[first]
        end = last.span.end if isinstance(last, ast.Annotation) else self.tokens.ends[last]
        return Modifiers(Span(self.source, start, end), tuple(annotations), tuple(words))

    def kind_of(self, declaration: Annotated) -> str:
        """Return what a declaration is called in messages."""
        return _KINDS[type(declaration)]

    def check_top_level(self, declaration: ast.Declaration | ast.Import) -> None:
        self._check(declaration.modifiers, _AT_TOP[type(declaration)], self.kind_of(declaration), "at module level")

    def check_member(self, declaration: ast.Declaration, owner: str) -> None:
        allowed = _AS_MEMBER[type(declaration)]
        self._check(declaration.modifiers, allowed, self.kind_of(declaration), f"in {owner}")
        if isinstance(declaration, ast.Variable) and isinstance(declaration.binding, ast.TupleBinding):
            message = "a property has one name, found several"
            suggestion = "declare each of them on its own line"
            self.diagnostics.error("E0118", declaration.binding.span, message, suggestion=suggestion)

    def check_local(self, declaration: ast.Function | ast.Variable) -> None:
        allowed = frozenset({"unsafe"}) if isinstance(declaration, ast.Function) else frozenset[str]()
        self._check(declaration.modifiers, allowed, self.kind_of(declaration), "inside a function")

    def check_parameter(self, modifiers: Modifiers, *, of_class: bool) -> None:
        allowed = _PARAMETER if of_class else frozenset[str]()
        self._check(modifiers, allowed, "a parameter", "of a class" if of_class else "of a function")

    def check_plain(self, modifiers: Modifiers, what: str) -> None:
        """Report any modifier word; annotations are left to the checker."""
        self._check(modifiers, frozenset(), what, "")

    def check_accessor(self, modifiers: Modifiers) -> None:
        self._check(modifiers, _VISIBILITY, "an accessor", "")

    def _check(self, modifiers: Modifiers, allowed: frozenset[str], what: str, where: str) -> None:
        for word in modifiers.words:
            if word.text not in allowed:
                place = f" {where}" if where else ""
                message = f"`{word.text}` cannot stand before {what}{place}"
                better = _better(word.text, allowed)
                self.diagnostics.error("E0113", word.span, message, suggestion=better or "remove it")


def _better(word: str, allowed: frozenset[str]) -> str | None:
    if word == "protected" and "private" in allowed:
        return "without `pub` it is visible in this module only; remove it"
    return None
