"""Which objects of a compilation nobody keeps: an analysis of where references go, insensitive to the order.

An object does not escape if it is never stored in an object that does, nor passed to what is not inlined, and if nobody
looks into it where another object may be.  Its fields become variables then (scalar replacement).  Frames that refer to
it where compiled code is left get a real one.  Places whose objects are looked into together share their variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from pvm.engines.native.jit.flows import Access, Field, Flows, Shape, Site

OTHER = -1
"""Stands for all objects that are not replaced."""
MAX_GROUPS = 16
MAX_BYTES = 512
"""Bytes of the replaced objects of one compilation."""
MAX_PARTS = 8
"""Objects that a replaced one refers to, directly or not, itself included."""
MAX_SITES = 64
MAX_NODES = 20_000
"""What a compilation may have to be analysed: time grows with nodes and places."""
MAX_ROUNDS = 12
Has = Callable[[Shape, Field], bool]
"""Whether objects have a field."""
_Origin = Site | None
"""Where an object comes from; None is anywhere else."""
_Node = str | tuple[Site, int]
"""An operand, a variable, or a field of what a place makes."""


class Plan(NamedTuple):
    """What is replaced."""

    shapes: tuple[Shape, ...]
    """Of the replaced objects, by number."""
    numbers: Mapping[Site, int]
    """Which one a place makes."""
    origins: Mapping[str, frozenset[int]]
    """Which ones a variable may be, and whether it may be ``OTHER``; one that is not here is that only."""


def plan_replacement(flows: Flows, has: Has) -> Plan | None:
    """Decide what to replace, after an emission that replaced nothing."""
    if len(flows.following) > MAX_NODES:
        return None
    candidates = set(sorted(flows.shapes)[:MAX_SITES])
    for _ in range(MAX_ROUNDS):
        solution = _Solution(flows, candidates, has)
        bad = solution.escaping() | solution.unsettled()
        bad = bad or solution.nested() or solution.overlapping() or solution.too_many()
        if not bad:
            return solution.plan() if candidates else None
        candidates -= bad
    return None


class _Solution:
    """Which objects each node may be, if some places are candidates."""

    def __init__(self, flows: Flows, candidates: set[Site], has: Has) -> None:
        self._flows = flows
        self._has = has
        self._candidates = candidates
        self._origins: dict[_Node, set[_Origin]] = {}
        self._following: dict[_Node, set[_Node]] = {}
        for node, targets in flows.following.items():
            self._following[node] = set(targets)
        self._escaping = set(flows.escaping)
        self._loads, self._stores = _by_object(flows.loads), _by_object(flows.stores)
        self._groups = {each: each for each in candidates}
        self._solve()

    # Solving

    def _solve(self) -> None:
        flows = self._flows
        self._work: list[tuple[_Node, _Origin]] = []
        for site, number, value in flows.initialised:
            if site in self._candidates:
                self._go(value, (site, number))
            else:
                self._escaping.add(value)
        for unknown in sorted(flows.sources()):
            self._add(unknown, None)
        for operand, site in flows.made.items():
            self._add(operand, site if site in self._candidates else None)
        while self._work:
            node, origin = self._work.pop()
            for target in self._following.get(node, ()):
                self._add(target, origin)
            if isinstance(node, str):
                self._access(node, origin)

    def _add(self, node: _Node, origin: _Origin) -> None:
        known = self._origins.setdefault(node, set())
        if origin not in known:
            known.add(origin)
            self._work.append((node, origin))

    def _go(self, source: _Node, target: _Node) -> None:
        targets = self._following.setdefault(source, set())
        if target not in targets:
            targets.add(target)
            for origin in tuple(self._origins.get(source, ())):
                self._add(target, origin)

    def _access(self, node: str, origin: _Origin) -> None:
        for field, value in self._loads.get(node, ()):
            if origin is None:
                self._add(value, None)
            elif self._has(self._flows.shapes[origin], field):
                self._go((origin, field[1]), value)
        for field, value in self._stores.get(node, ()):
            if origin is None:
                self._escaping.add(value)
            elif self._has(self._flows.shapes[origin], field):
                self._go(value, (origin, field[1]))

    # What is no candidate

    def escaping(self) -> set[Site]:
        """Places whose objects somebody keeps."""
        return {each for node in self._escaping for each in self._origins.get(node, ()) if each is not None}

    def unsettled(self) -> set[Site]:
        """Places whose objects are looked into where other ones may be."""
        bad: set[Site] = set()
        for node in {*self._loads, *self._stores, *self._flows.examined}:
            origins = self._origins.get(node, set())
            sites = {each for each in origins if each is not None}
            shapes = {self._flows.shapes[each] for each in sites}
            if sites and (None in origins or len(shapes) > 1):
                bad |= sites
            elif len(sites) > 1:
                first, *others = sorted(sites)
                for each in others:
                    self._groups[self._group(each)] = self._group(first)
        return bad

    def _group(self, site: Site) -> Site:
        while self._groups[site] != site:
            site = self._groups[site]
        return site

    def _members(self, groups: Iterable[Site]) -> set[Site]:
        wanted = set(groups)
        return {each for each in self._candidates if self._group(each) in wanted}

    def _parts(self) -> dict[Site, list[Site]]:
        """The groups in fields of each group, one for each field that may have it."""
        found: dict[Site, list[Site]] = {self._group(each): [] for each in self._candidates}
        fields = {node: origins for node, origins in self._origins.items() if isinstance(node, tuple)}
        merged: dict[tuple[Site, int], set[Site]] = {}
        for (site, number), origins in fields.items():
            key = self._group(site), number
            merged.setdefault(key, set()).update(self._group(each) for each in origins if each is not None)
        for (group, _), parts in merged.items():
            found[group] += sorted(parts)
        return found

    def nested(self) -> set[Site]:
        """Places whose objects may refer to themselves, or to too many others."""
        parts, counts = self._parts(), dict[Site, int]()

        def count(group: Site, around: tuple[Site, ...]) -> int:
            if group in around or len(around) >= MAX_PARTS:
                return MAX_PARTS + 1
            if group not in counts:
                total = 1
                for each in parts[group]:
                    total += count(each, (*around, group))
                    if total > MAX_PARTS:
                        break
                counts[group] = total
            return counts[group]

        return self._members({each for each in sorted(parts) if count(each, ()) > MAX_PARTS})

    def overlapping(self) -> set[Site]:
        """Places that make an object while the one before, or another one with the same variables, is still of use."""
        parts = self._parts()
        bad: set[Site] = set()
        for site, holders in self._flows.makings:
            if site not in self._candidates:
                continue
            held = {self._group(each) for node in holders for each in self._origins.get(node, ()) if each is not None}
            if self._group(site) in _closed(held, parts):
                bad.add(self._group(site))
        return self._members(bad)

    def too_many(self) -> set[Site]:
        """What is beyond the limits: the last ones."""
        total, kept = 0, 0
        beyond = set()
        for group in sorted({self._group(each) for each in self._candidates}):
            size = self._flows.shapes[group].size
            if total + size > MAX_BYTES or kept == MAX_GROUPS:
                beyond.add(group)
            else:
                total, kept = total + size, kept + 1
        return self._members(beyond)

    # The result

    def plan(self) -> Plan:
        """The groups by number."""
        groups = sorted({self._group(each) for each in self._candidates})
        order = {group: number for number, group in enumerate(groups)}
        numbers = {each: order[self._group(each)] for each in self._candidates}
        shapes = tuple(self._flows.shapes[each] for each in groups)
        origins: dict[str, frozenset[int]] = {}
        for node, found in self._origins.items():
            if isinstance(node, str):
                name = node
            else:
                number = numbers[node[0]]
                name = field_variable(number, shapes[number].fields[node[1]][1])
            these = frozenset(OTHER if each is None else numbers[each] for each in found)
            origins[name] = origins.get(name, frozenset()) | these
        return Plan(shapes, numbers, {node: found for node, found in origins.items() if found != {OTHER}})


def _by_object(accesses: Iterable[Access]) -> dict[str, list[tuple[Field, str]]]:
    found: dict[str, list[tuple[Field, str]]] = {}
    for each in accesses:
        found.setdefault(each.object, []).append((each.field, each.value))
    return found


def _closed(groups: set[Site], parts: Mapping[Site, list[Site]]) -> set[Site]:
    """With all that they refer to."""
    work, found = list(groups), set(groups)
    while work:
        for each in parts[work.pop()]:
            if each not in found:
                found.add(each)
                work.append(each)
    return found


def is_sound(flows: Flows, plan: Plan) -> bool:
    """Whether an emission that has replaced objects may be used: it need not be what the first one was.

    Where an object was taken for a replaced one it is that for certain, and nobody else looks at those.
    """
    numbers = {operand: plan.numbers.get(site, OTHER) for operand, site in flows.made.items()}
    reached = [
        _reached(flows, [operand for operand, found in numbers.items() if found == number])
        for number in range(len(plan.shapes))
    ]
    others = {operand for operand, number in numbers.items() if number == OTHER}
    others.update(flows.sources(), (each.value for each in flows.loads))
    others = _reached(flows, others)
    for node, number in flows.replaced:
        if node in others or any(node in found for other, found in enumerate(reached) if other != number):
            return False
    looked_into = {*flows.escaping, *flows.examined, *(each.object for each in (*flows.loads, *flows.stores))}
    looked_into.update(each.value for each in flows.stores)
    looked_into.update(value for site, _, value in flows.initialised if site not in plan.numbers)
    if any(node in found for node in looked_into for found in reached):
        return False
    if any(
        node in found and number not in made for node, made in flows.written for number, found in enumerate(reached)
    ):
        return False
    return _is_alone(flows, plan, reached)


def _reached(flows: Flows, start: Iterable[str]) -> set[str]:
    work = list(start)
    found = set(work)
    while work:
        for target in flows.following.get(work.pop(), ()):
            if target not in found:
                found.add(target)
                work.append(target)
    return found


def _is_alone(flows: Flows, plan: Plan, reached: list[set[str]]) -> bool:
    """Whether no object is made while the one before is still of use; frames may be written through others."""
    parts = {
        number: [
            other
            for other, found in enumerate(reached)
            if any(field_variable(number, offset) in found for _, offset in shape.fields)
        ]
        for number, shape in enumerate(plan.shapes)
    }
    for site, holders in flows.makings:
        held = {number for number, found in enumerate(reached) if any(node in found for node in holders)}
        work = list(held)
        while work:
            fresh = [each for each in parts[work.pop()] if each not in held]
            held.update(fresh)
            work += fresh
        if plan.numbers.get(site, OTHER) in held:
            return False
    return not any(_refers(parts, number, number) for number in parts)


def _refers(parts: Mapping[int, list[int]], start: int, wanted: int) -> bool:
    """Whether a group refers to another one, directly or not."""
    work, seen = list(parts[start]), set[int]()
    while work:
        each = work.pop()
        if each == wanted:
            return True
        if each not in seen:
            seen.add(each)
            work += parts[each]
    return False


def field_variable(number: int, offset: int) -> str:
    """The variable of a field of a replaced object."""
    return f"%r{number}.f{offset}"
