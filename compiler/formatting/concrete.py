"""The concrete tree: every token of a file, in the shape that the grammar gives them.

The tree of `compiler.syntax.ast` leaves out what has no meaning, parentheses and `else`
for `_` among it, and a formatter must not.  So the same tables are driven once more, and
a `Printer` makes the document of each production as it is reduced: bottom up, without
recursion, and so at any depth.

Left recursive lists become one node, `items`.  A production whose action is `first` or `second`
is named after what it builds as well, as in `second_primary`.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.formatting.documents import EMPTY, Doc
from compiler.syntax import tables
from compiler.syntax.parser import shared_tables
from compiler.syntax.tables import Rule
from compiler.syntax.tokens import Tokens

ITEMS = "items"


class Node:
    """A production as it was read: a token is its index, an empty production begins at the next token.

    ``aligned`` is the document as the parent may want it, without a group or an indentation of its own, and
    ``hug`` with only its end broken; ``links`` are the operators or selectors of a chain up to this one, whose
    document is made only when it is complete.
    """

    __slots__ = ("action", "aligned", "doc", "first", "hug", "kids", "last", "links")

    def __init__(self, action: str, kids: list[Node | int], first: int, last: int) -> None:
        self.action = action
        self.kids = kids
        self.first = first
        self.last = last
        self.doc: Doc | None = None
        self.aligned: Doc | None = None
        self.hug: Doc | None = None
        self.links: list[Node] = []


def action_name(rule: Rule) -> str:
    """Return the name of the method that prints what ``rule`` builds."""
    if rule.operation == tables.SECOND:
        return f"second_{rule.left}"
    return rule.action


def read(tokens: Tokens, finish: Callable[[Node], None]) -> Node:
    """Return the tree of ``tokens``, which have no errors; ``finish`` gets every node once its kids have had theirs."""
    found = shared_tables()
    actions, gotos, rules = found.actions, found.gotos, found.rules
    states, values = [found.start], list[Node | int]()
    kinds = tokens.kinds
    index, count = 0, len(kinds)
    while True:
        action = actions[states[-1]][kinds[index] if index < count else tables.END]
        if action >= 0:
            states.append(action)
            values.append(index)
            index += 1
            continue
        rule = rules[~action]
        if rule.length:
            del states[-rule.length :]
        _reduce(rule, values, index, finish)
        state = gotos[states[-1]][rule.left]
        if state == found.end:
            root = values[-1]
            assert isinstance(root, Node)
            return root
        states.append(state)


_EXTENDS = frozenset({"catch", "getter", "setter"})
_LISTS = frozenset({tables.LIST_MORE, tables.LIST_APPEND, tables.FIRST})


def _reduce(rule: Rule, values: list[Node | int], index: int, finish: Callable[[Node], None]) -> None:
    """Replace the kids of ``rule`` by its node."""
    operation, length = rule.operation, rule.length
    if operation in (tables.PASS, tables.FINISH_CHAIN):
        return
    kids = values[len(values) - length :]
    del values[len(values) - length :]
    first = first_token(kids[0]) if kids else index
    last = max([first - 1, *map(last_token, kids)])
    if operation in _LISTS or rule.action in _EXTENDS or rule.action == "annotation_line":
        items = kids[0]
        assert isinstance(items, Node)
        rest = kids[1:]
        if rule.action in _EXTENDS:
            item = Node(rule.action, rest, first_token(rest[0]), last)
            finish(item)
            rest = [item]
        if not items.kids:
            items.first = first_token(rest[0])
        items.kids += rest
        items.last = last
        values.append(items)
        return
    if length and operation == tables.LIST_NONE:
        name = "braces_empty"
    elif operation in (tables.LIST_ONE, tables.LIST_NONE, tables.NOTHING):
        name = ITEMS
    else:
        name = action_name(rule)
    node = Node(name, kids, first, last)
    if name == ITEMS:
        node.doc = EMPTY
    else:
        finish(node)
    values.append(node)


def first_token(kid: Node | int) -> int:
    """Return the first token of ``kid``, or the one after it if it is empty."""
    return kid if isinstance(kid, int) else kid.first


def last_token(kid: Node | int) -> int:
    """Return the last token of ``kid``, or the one before it if it is empty."""
    return kid if isinstance(kid, int) else kid.last
