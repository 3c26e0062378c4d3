"""Fields and methods by name: ``Point.x``, ``"odd class"."odd field"``, ``Point.#2``.

A name means the field or slot that the class has under it, inherited ones included; where two
fields share a name, as a field that hides an inherited one does, only ``#N`` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pvm.errors import AssemblyError, VerifyError
from pvm.pbc.asm_lexer import Kind, Token
from pvm.pbc.asm_line import Line, Names
from pvm.pbc.layout import ClassLayout, layouts
from pvm.pbc.literals import format_name, format_string, is_bare
from pvm.pbc.model import ClassDef, Module


class Members:
    """Resolves members of the classes of one module, which are flattened when first asked for."""

    def __init__(self, classes: Callable[[], Sequence[ClassDef]]) -> None:
        self._classes = classes
        self._layouts: Sequence[ClassLayout] | None = None
        self._fields: dict[int, Names] = {}
        self._slots: dict[int, Names] = {}

    def field(self, line: Line) -> tuple[int, int]:
        """Class and number of a field."""
        return self._member(line, self._fields, "field")

    def method(self, line: Line) -> tuple[int, int]:
        """Class and number of a slot."""
        return self._member(line, self._slots, "method")

    def _member(self, line: Line, cache: dict[int, Names], what: str) -> tuple[int, int]:
        token = line.token
        if token.kind not in {Kind.NAME, Kind.STRING, Kind.INDEX}:
            line.expected(f"a {what} as Class.{what}")
        line.next()
        if line.take("."):
            member = line.next()
            if member.kind not in {Kind.NAME, Kind.STRING, Kind.INDEX}:
                line.fail(f"expected a {what} after '.', found {member.describe()}", member)
        else:
            owner, dot, name = token.value.rpartition(".")
            if not dot or token.kind is not Kind.NAME:
                line.fail(f"expected a {what} as Class.{what}, found {token.describe()}", token)
            member = Token(Kind.NAME, name, token.line, token.column + len(owner) + 1)
            token = token._replace(value=owner)
        class_ = line.tables.classes.resolve(token)
        if member.kind is Kind.INDEX:
            return class_, int(member.value)
        if class_ not in cache:
            layout = self._layout(class_, token)
            names = layout.fields if what == "field" else layout.slots
            cache[class_] = _number(f"{what} of {format_name(token.value)}", [each.name for each in names])
        return class_, cache[class_].resolve(member)

    def _layout(self, class_: int, token: Token) -> ClassLayout:
        if self._layouts is None:
            try:
                self._layouts = layouts(Module("", classes=tuple(self._classes())))
            except VerifyError as error:
                raise AssemblyError(token.line, token.column, error.message) from None
        return self._layouts[class_]


def _number(what: str, names: Sequence[str]) -> Names:
    table = Names(what)
    for name in names:
        table.declare(Token(Kind.NAME, name, 0, 0), unique=False)
    return table


def format_member(owner: str, member: str) -> str:
    """Spell a member of a class; either may be ``#N``."""
    bare = is_bare(member) and "." not in member
    spelled_owner = owner if owner.startswith("#") else format_name(owner)
    if member.startswith("#"):
        return f"{spelled_owner}.{member}"
    return f"{spelled_owner}.{member if bare else format_string(member)}"
