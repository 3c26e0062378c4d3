"""Where the variables of a function live, found before any code is made.

HIR has no declarations: a variable lives in the innermost block that holds everything that mentions
it, its *home*.  Its slot is free again after that block, and a variable in a cell gets a new cell
each time the block is entered, so that lambdas made in different rounds of a loop do not share it.

A variable that is set inside ``try`` … ``finally`` but lives outside is *loose*: the code of
``finally`` is reached from places where it has no value yet, so its slot gets a default first.
"""

from __future__ import annotations

from collections.abc import Iterable

from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.tree import children
from compiler.records import field, mutable


def is_cell(local: LocalSymbol) -> bool:
    """Whether the variable is shared with lambdas and changes."""
    return local.is_captured and local.is_assigned


@mutable
class _Place:
    """A block, or the function (``block`` None), in the nesting."""

    block: hir.Block | None
    parent: _Place | None
    depth: int


@mutable
class ScopeAnalysis:
    """Homes of variables; the order of each list is that of first mention."""

    homes: dict[hir.Block | None, list[LocalSymbol]] = field(default_factory=dict)
    loose: set[LocalSymbol] = field(default_factory=set)
    set_in: dict[hir.Try, list[LocalSymbol]] = field(default_factory=dict)
    """For each ``try`` with ``finally``: the loose variables that it sets."""
    changing: set[LocalSymbol] = field(default_factory=set)
    """Variables that are set in more than one place."""

    def is_constant(self, local: LocalSymbol) -> bool:
        """Whether the variable has one value from its initialisation to the end of its block."""
        return not local.is_assigned and local not in self.changing


@mutable
class _Analyser:
    known: frozenset[LocalSymbol]
    place: _Place
    found: dict[LocalSymbol, _Place] = field(default_factory=dict)
    tries: list[tuple[hir.Try, _Place]] = field(default_factory=list)
    sets: list[tuple[hir.Try, _Place, LocalSymbol]] = field(default_factory=list)
    once: set[LocalSymbol] = field(default_factory=set)
    changing: set[LocalSymbol] = field(default_factory=set)

    def walk(self, node: hir.Expr) -> None:
        match node:
            case hir.Block():
                self.place = _Place(node, self.place, self.place.depth + 1)
                for child in node.body:
                    self.walk(child)
                assert self.place.parent is not None
                self.place = self.place.parent
                return
            case hir.Try():
                self._walk_try(node)
                return
            case hir.LocalGet(local=local):
                self.mention(local)
            case hir.LocalSet(local=local):
                self.mention(local)
                (self.changing if local in self.once or local in self.known else self.once).add(local)
                self.sets += [(node_, place, local) for node_, place in self.tries]
            case hir.Lambda(captures=captures):
                for local in captures:
                    self.mention(local)
            case _:
                pass
        for child in children(node):
            self.walk(child)

    def _walk_try(self, node: hir.Try) -> None:
        if node.finally_body is not None:
            self.tries.append((node, self.place))
        self.walk(node.body)
        for catch in node.catches:
            self.mention(catch.local)
            self.walk(catch.body)
        if node.finally_body is not None:
            self.tries.pop()
            self.walk(node.finally_body)

    def mention(self, local: LocalSymbol) -> None:
        if local in self.known:
            return
        place, here = self.found.get(local), self.place
        if place is None:
            self.found[local] = here
            return
        while place is not here:
            if place.depth >= here.depth:
                assert place.parent is not None
                place = place.parent
            else:
                assert here.parent is not None
                here = here.parent
        self.found[local] = place


def analyse(body: hir.Expr, known: Iterable[LocalSymbol]) -> ScopeAnalysis:
    """Find the homes of the variables of a function; ``known`` are its parameters and captures."""
    function = _Place(None, None, 0)
    analyser = _Analyser(frozenset(known), function)
    analyser.walk(body)
    result = ScopeAnalysis(changing=analyser.changing)
    for local, place in analyser.found.items():
        result.homes.setdefault(place.block, []).append(local)
    for node, place, local in analyser.sets:
        home = analyser.found.get(local)
        if home is None or is_cell(local) or home.depth > place.depth:
            continue
        result.loose.add(local)
        members = result.set_in.setdefault(node, [])
        if local not in members:
            members.append(local)
    return result
