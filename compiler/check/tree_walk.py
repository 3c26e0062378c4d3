"""Walks over syntax trees without knowing their kinds: which names are used or assigned below a node."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.records import field_types
from compiler.syntax import ast

_SLOTS: dict[type, tuple[str, ...]] = {}


def _slots(cls: type) -> tuple[str, ...]:
    found = _SLOTS.get(cls)
    if found is None:
        found = _SLOTS[cls] = tuple(field_types(cls))[1:]
    return found


def children(node: ast.Node) -> Iterator[ast.Node]:
    """Yield the nodes directly below a node."""
    for name in _slots(type(node)):
        value = getattr(node, name)
        if isinstance(value, ast.Node):
            yield value
        elif isinstance(value, tuple):
            for item in value:
                if isinstance(item, ast.Node):
                    yield item


def descendants(node: ast.Node) -> Iterator[ast.Node]:
    """Yield a node and everything below it, without recursion."""
    pending = [node]
    while pending:
        item = pending.pop()
        yield item
        pending.extend(children(item))


def used_names(node: ast.Node) -> set[str]:
    """Return the plain names that occur as expressions."""
    return {item.text for item in descendants(node) if isinstance(item, ast.Name)}


def uses_this(node: ast.Node) -> bool:
    """Tell whether `this` is written."""
    return any(isinstance(item, ast.This | ast.Super) for item in descendants(node))


def assigned_names(nodes: tuple[ast.Node, ...]) -> set[str]:
    """Return the plain names that are assigned to below any of the nodes."""
    found: set[str] = set()
    for node in nodes:
        for item in descendants(node):
            if isinstance(item, ast.Assign):
                found.update(leaf.text for leaf in targets(item.target) if isinstance(leaf, ast.Name))
    return found


def targets(target: ast.Expression) -> Iterator[ast.Expression]:
    """Yield what an assignment changes: its target, or the parts of a tuple."""
    pending = [target]
    while pending:
        item = pending.pop()
        if isinstance(item, ast.TupleLiteral):
            pending.extend(item.elements)
        else:
            yield item
