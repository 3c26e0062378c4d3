"""What a page shows: modules, their declarations and members, as items with anchors.

An item's ``path`` is what a reader writes to name it (`List.add`), its anchor the place in its page; overloads
have the same path and anchors of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from compiler.documentation.sources import ModuleSource
from compiler.syntax import ast

Declared: TypeAlias = (
    ast.Function
    | ast.Variable
    | ast.Class
    | ast.Interface
    | ast.Enum
    | ast.TypeAliasDeclaration
    | ast.EnumCase
    | ast.ClassParameter
)


@dataclass(slots=True, eq=False)
class Item:
    """A declaration that is documented."""

    node: Declared
    name: str
    path: str
    group: str
    module: DocModule
    owner: Item | None = None
    anchor: str = ""
    members: list[Item] = field(default_factory=list)

    @property
    def doc(self) -> str:
        return self.node.doc or ""

    @property
    def line(self) -> int:
        return self.node.span.line

    @property
    def kind(self) -> str:
        """One word for it, for the search."""
        match self.node:
            case ast.Function():
                return "extension" if self.node.receiver is not None else "method" if self.owner else "function"
            case ast.Variable() | ast.ClassParameter():
                return "property" if self.owner else "variable"
            case ast.Class():
                return "class"
            case ast.Interface():
                return "interface"
            case ast.Enum():
                return "enum"
            case ast.EnumCase():
                return "case"
            case ast.TypeAliasDeclaration():
                return "alias"

    @property
    def type_parameters(self) -> tuple[ast.TypeParameter, ...]:
        """Its own, which its signature and members may mention."""
        if isinstance(self.node, ast.Variable | ast.EnumCase | ast.ClassParameter):
            return ()
        return self.node.type_parameters

    @property
    def scope(self) -> frozenset[str]:
        """Names of the type parameters in sight."""
        own = frozenset(item.name.text for item in self.type_parameters)
        if isinstance(self.node, ast.Function) and self.node.receiver is not None:
            own |= _free_names(self.node.receiver)
        return own if self.owner is None else own | self.owner.scope

    def walk(self) -> Iterator[Item]:
        """Yield it and what is inside."""
        yield self
        for member in self.members:
            yield from member.walk()


@dataclass(slots=True, eq=False)
class DocModule:
    """A page."""

    source: ModuleSource
    items: list[Item] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.source.name

    def walk(self) -> Iterator[Item]:
        """Yield every item."""
        for item in self.items:
            yield from item.walk()


TYPES, EXTENSIONS, FUNCTIONS, VARIABLES = "Types", "Extensions", "Functions", "Variables"
CASES, PROPERTIES, METHODS, STATICS, NESTED = "Cases", "Properties", "Methods", "Static members", "Nested types"
GROUPS = (TYPES, FUNCTIONS, EXTENSIONS, VARIABLES)
MEMBER_GROUPS = (CASES, PROPERTIES, METHODS, STATICS, NESTED)


def make_module(source: ModuleSource, *, with_private: bool = False) -> DocModule:
    """What of a module is documented: what is `pub`, and in the program itself what has documentation."""
    module = DocModule(source)
    for node in source.tree.declarations:
        if isinstance(node, ast.Test):
            continue
        is_shown = with_private or node.modifiers.has("pub") or (source.is_program and bool(node.doc))
        if is_shown:
            module.items.append(_top_item(node, module, with_private=with_private))
    _give_anchors(module.walk())
    return module


def _top_item(node: ast.Declaration, module: DocModule, *, with_private: bool) -> Item:
    assert not isinstance(node, ast.Test)
    match node:
        case ast.Function(receiver=None):
            return Item(node, node.name.text, node.name.text, FUNCTIONS, module)
        case ast.Function():
            return Item(node, node.name.text, f"{receiver_name(node)}.{node.name.text}", EXTENSIONS, module)
        case ast.Variable():
            name = bound_name(node)
            return Item(node, name, name, VARIABLES, module)
        case _:
            return _type_item(node, TYPES, module, None, with_private=with_private)


def _type_item(
    node: ast.Class | ast.Interface | ast.Enum | ast.TypeAliasDeclaration,
    group: str,
    module: DocModule,
    owner: Item | None,
    *,
    with_private: bool,
) -> Item:
    name = node.name.text
    item = Item(node, name, f"{owner.path}.{name}" if owner else name, group, module, owner)
    if isinstance(node, ast.TypeAliasDeclaration):
        return item
    if isinstance(node, ast.Enum):
        item.members += [_member(case, case.name.text, CASES, item) for case in node.cases]
    if isinstance(node, ast.Class):
        # Constructor properties are in the signature of the class; a text of their own makes them members too.
        item.members += [
            _member(parameter, parameter.name.text, PROPERTIES, item)
            for parameter in node.parameters or ()
            if parameter.doc
        ]
    for member in node.members:
        if not isinstance(member, ast.Init) and (with_private or not member.modifiers.has("private")):
            item.members.append(_class_member(member, item, with_private=with_private))
    return item


def _class_member(
    node: ast.Function | ast.Variable | ast.Class | ast.Interface | ast.Enum | ast.TypeAliasDeclaration,
    owner: Item,
    *,
    with_private: bool,
) -> Item:
    is_static = node.modifiers.has("static")
    match node:
        case ast.Function():
            return _member(node, node.name.text, STATICS if is_static else METHODS, owner)
        case ast.Variable():
            return _member(node, bound_name(node), STATICS if is_static else PROPERTIES, owner)
        case _:
            return _type_item(node, NESTED, owner.module, owner, with_private=with_private)


def _member(node: Declared, name: str, group: str, owner: Item) -> Item:
    return Item(node, name, f"{owner.path}.{name}", group, owner.module, owner)


def _give_anchors(items: Iterable[Item]) -> None:
    seen: dict[str, int] = {}
    for item in items:
        count = seen[item.path] = seen.get(item.path, 0) + 1
        item.anchor = item.path if count == 1 else f"{item.path}-{count}"


def grouped(items: Sequence[Item], groups: Sequence[str]) -> list[tuple[str, list[Item]]]:
    """Items by group, in the order of groups; within one, as written."""
    found = [(group, [item for item in items if item.group == group]) for group in groups]
    return [(group, members) for group, members in found if members]


def bound_name(node: ast.Variable) -> str:
    """The name of a module variable or property, or the names as they are written."""
    return node.binding.name.text if isinstance(node.binding, ast.NameBinding) else node.binding.span.text


def receiver_name(node: ast.Function) -> str:
    """The name of the type that an extension is for."""
    receiver = node.receiver
    while isinstance(receiver, ast.NullableType):
        receiver = receiver.inner
    if isinstance(receiver, ast.NamedType):
        return ".".join(part.text for part in receiver.path)
    return receiver.span.text if receiver is not None else ""


def _free_names(type_: ast.Type) -> frozenset[str]:
    """Type arguments of a receiver that are single letters of its own: the `T` of `List<T>.sum`."""
    match type_:
        case ast.NullableType(inner=inner):
            return _free_names(inner)
        case ast.NamedType(arguments=arguments):
            names = (item.path[0].text for item in arguments if isinstance(item, ast.NamedType))
            return frozenset(name for name in names if len(name) == 1)
        case _:
            return frozenset()
