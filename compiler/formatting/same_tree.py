"""Whether two trees are equal but for where they were written; without recursion."""

from __future__ import annotations

from operator import attrgetter

from compiler.records import field_types
from compiler.syntax.ast import Node
from compiler.syntax.depth import children

_LEAVES: dict[type[Node], tuple[attrgetter[object], ...]] = {}


def difference(left: Node, right: Node) -> Node | None:
    """Return a node below ``left`` that differs from its counterpart below ``right``, or None."""
    pending = [(left, right)]
    while pending:
        one, other = pending.pop()
        if type(one) is not type(other) or _leaves(one) != _leaves(other):
            return one
        below, others = children(one), children(other)
        if len(below) != len(others):
            return one
        pending += zip(below, others, strict=True)
    return None


def _leaves(node: Node) -> list[object]:
    """Return the fields of ``node`` that are no nodes; of those that are, how many there are."""
    getters = _LEAVES.get(type(node))
    if getters is None:
        names = [name for name, text in field_types(type(node)).items() if text != "Span"]
        getters = _LEAVES[type(node)] = tuple(attrgetter(name) for name in names)
    found: list[object] = []
    for getter in getters:
        value = getter(node)
        if isinstance(value, Node):
            found.append(Node)
        elif type(value) is tuple:
            found.append(len(value))
        else:
            # Floats by their text, because NaN is not equal to itself and 0.0 equals -0.0.
            found.append(repr(value) if isinstance(value, float) else value)
    return found
