"""How deep a tree is, found without recursion: the guard for every later phase that recurses."""

from __future__ import annotations

from operator import attrgetter

from compiler.records import field_types
from compiler.syntax import ast
from compiler.syntax.ast import MAX_DEPTH, Node
from compiler.syntax.source import Span

_GETTERS: dict[type[Node], tuple[attrgetter[object], ...]] = {}


def children(node: Node) -> list[Node]:
    """Return the nodes directly below ``node``, in the order of its fields."""
    found: list[Node] = []
    for getter in _getters(type(node)):
        value = getter(node)
        if isinstance(value, Node):
            found.append(value)
        elif type(value) is tuple:
            found.extend(value)
    return found


def _getters(kind: type[Node]) -> tuple[attrgetter[object], ...]:
    getters = _GETTERS.get(kind)
    if getters is None:
        names = [name for name, text in field_types(kind).items() if not _is_leaf(text)]
        getters = tuple(attrgetter(name) for name in names)
        _GETTERS[kind] = getters
    return getters


def _is_leaf(annotation: str) -> bool:
    return annotation.removesuffix(" | None") in (
        "Span",
        "str",
        "int",
        "float",
        "bool",
        "BinaryOperator",
        "UnaryOperator",
    )


def too_deep(root: Node) -> Node | None:
    """Return a node below ``root`` that is more than `MAX_DEPTH` levels down, or None."""
    level: list[Node] = [root]
    for _ in range(MAX_DEPTH + 1):
        level = [child for node in level for child in children(node)]
        if not level:
            return None
    return level[0]


def all_nodes(root: Node) -> list[Node]:
    """Return ``root`` and every node below it, parents first; the order is otherwise unspecified."""
    found: list[Node] = []
    pending = [root]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(children(node))
    return found


def dump(root: Node) -> object:
    """Return the tree as nested tuples of class name and fields without spans, for comparison."""
    results: dict[int, object] = {}
    for node in reversed(all_nodes(root)):
        parts: list[object] = [type(node).__name__]
        for name in field_types(type(node)):
            value = getattr(node, name)
            if isinstance(value, Span):
                continue
            if isinstance(value, Node):
                parts.append(results[id(value)])
            elif type(value) is tuple:
                parts.append(tuple(results[id(item)] for item in value))
            else:
                parts.append(value.value if isinstance(value, ast.BinaryOperator | ast.UnaryOperator) else value)
        results[id(node)] = tuple(parts)
    return results[id(root)]
