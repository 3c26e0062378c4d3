"""The control-flow graph of a function, and where each block goes in structured Python.

Blocks are numbered in code order.  When every loop has one entry (the graph is reducible), each
block is placed *inline* where its only predecessor jumps to it, or in the list of blocks after
another one, guarded by the block number; loops become ``while True``.  Irreducible graphs, which
compilers make of generators only, have no placement and run as one dispatch loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.polls import backward_targets, branch_labels
from pvm.isa.encoding import Instruction
from pvm.pbc.model import Function

ROOT = -1
MAX_STRUCTURED = 4000
"""Blocks of the largest function that is structured; finding loops is quadratic in the worst case."""


class Block:
    """A basic block: its instructions, its successors in the order of the jump, handlers not counted."""

    __slots__ = ("instructions", "label", "number", "polls", "successors")

    def __init__(self, number: int, instructions: tuple[Instruction, ...], *, polls: bool) -> None:
        self.number = number
        self.instructions = instructions
        self.label: int | None = None
        self.successors: tuple[int, ...] = ()
        self.polls = polls

    @property
    def offset(self) -> int:
        """Code offset of its start."""
        return self.instructions[0].offset


class Flow(NamedTuple):
    """The reachable blocks; ``roots`` are the entry and the targets of handlers."""

    blocks: dict[int, Block]
    roots: tuple[int, ...]
    target: dict[int, int]
    """Block number by label."""


class Placement:
    """Where blocks go.  ``inside`` and ``after`` are lists of blocks by owner, in topological order."""

    __slots__ = ("after", "headers", "inline", "inside")

    def __init__(self, headers: set[int]) -> None:
        self.headers = headers
        self.inline: set[int] = set()
        self.inside: dict[int, list[int]] = {}
        self.after: dict[int, list[int]] = {}


def build_flow(function: Function, instructions: Sequence[Instruction]) -> Flow:
    """Cut a function into blocks and keep those that can be reached."""
    starts = {0} | {label.offset for label in function.labels}
    starts |= {each.end for each in instructions if each.opcode.is_leader_after}
    groups: list[list[Instruction]] = []
    for instruction in instructions:
        if instruction.offset in starts:
            groups.append([])
        groups[-1].append(instruction)
    at = {group[0].offset: number for number, group in enumerate(groups)}
    target = {index: at[label.offset] for index, label in enumerate(function.labels) if label.offset in at}
    polls = backward_targets(function, instructions)
    blocks = {}
    for number, group in enumerate(groups):
        blocks[number] = Block(number, tuple(group), polls=group[0].offset in polls)
        last = group[-1]
        taken = tuple(target[label] for label in branch_labels(last))
        falls = () if last.opcode.ends_block else (number + 1,)
        blocks[number].successors = taken + falls
    for index in reversed(range(len(function.labels))):
        if index in target:
            blocks[target[index]].label = index
    roots = tuple(dict.fromkeys([0, *(target[handler.target] for handler in function.handlers)]))
    order = _reverse_postorder(blocks, roots)
    return Flow({number: blocks[number] for number in sorted(order) if number != ROOT}, roots, target)


def _reverse_postorder(blocks: dict[int, Block], roots: tuple[int, ...]) -> list[int]:
    seen = {ROOT}
    post: list[int] = []
    stack: list[tuple[int, list[int]]] = [(ROOT, list(roots))]
    while stack:
        number, rest = stack[-1]
        while rest:
            successor = rest.pop()
            if successor not in seen:
                seen.add(successor)
                stack.append((successor, list(blocks[successor].successors)))
                break
        else:
            post.append(number)
            stack.pop()
    return post[::-1]


class _Shape:
    """Order, predecessors, dominators and natural loops of a flow graph below the virtual root."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.order = _reverse_postorder(flow.blocks, flow.roots)
        self.rank = {number: rank for rank, number in enumerate(self.order)}
        self.entering: dict[int, list[int]] = {number: [] for number in self.order}
        for root in flow.roots:
            self.entering[root].append(ROOT)
        for block in flow.blocks.values():
            for successor in block.successors:
                self.entering[successor].append(block.number)
        self.dominator = self._dominators()
        self.depth = {ROOT: 0}
        for number in self.order[1:]:
            self.depth[number] = self.depth[self.dominator[number]] + 1
        self.loops: dict[int, set[int]] = {}

    def _dominators(self) -> dict[int, int]:
        """Immediate dominators (Cooper, Harvey and Kennedy)."""
        dominator = {ROOT: ROOT}
        changed = True
        while changed:
            changed = False
            for number in self.order[1:]:
                known = [each for each in self.entering[number] if each in dominator]
                best = known[0]
                for other in known[1:]:
                    best = self._meet(dominator, best, other)
                if dominator.get(number) != best:
                    dominator[number] = best
                    changed = True
        return dominator

    def _meet(self, dominator: dict[int, int], a: int, b: int) -> int:
        while a != b:
            while self.rank[a] > self.rank[b]:
                a = dominator[a]
            while self.rank[b] > self.rank[a]:
                b = dominator[b]
        return a

    def dominates(self, upper: int, lower: int) -> bool:
        while self.depth[lower] > self.depth[upper]:
            lower = self.dominator[lower]
        return upper == lower

    def find_loops(self) -> bool:
        """Collect natural loops; False if the graph is irreducible."""
        for number in self.order[1:]:
            for source in self.entering[number]:
                if self.rank[source] >= self.rank[number]:
                    if not self.dominates(number, source):
                        return False
                    self._grow(number, source)
        return True

    def _grow(self, header: int, source: int) -> None:
        body = self.loops.setdefault(header, {header})
        work = [source]
        while work:
            number = work.pop()
            if number not in body:
                body.add(number)
                work += self.entering[number]

    def left_loop(self, number: int) -> int | None:
        """The header of the outermost loop that holds the dominator of ``number`` but not ``number``."""
        found = None
        upper = self.dominator[number]
        while upper != ROOT:
            if upper in self.loops and self.dominator[number] in self.loops[upper] and number not in self.loops[upper]:
                found = upper
            upper = self.dominator[upper]
        return found


def place(flow: Flow) -> Placement | None:
    """Decide where each block goes; None if the graph is irreducible or very large."""
    if len(flow.blocks) > MAX_STRUCTURED:
        return None
    shape = _Shape(flow)
    if not shape.find_loops():
        return None
    placement = Placement(headers=set(shape.loops))
    container: dict[int, list[int]] = {}
    top = placement.inside.setdefault(ROOT, [])
    for number in shape.order[1:]:
        owner = shape.dominator[number]
        forward = [each for each in shape.entering[number] if shape.rank[each] < shape.rank[number]]
        left = shape.left_loop(number)
        is_single = len(forward) == 1 and forward[0] != ROOT
        if is_single and (left is None or not flow.blocks[number].successors):
            placement.inline.add(number)
            continue
        if left is not None:
            owner = left
        elif owner in shape.loops:
            chosen = container[number] = placement.inside.setdefault(owner, [])
            chosen.append(number)
            continue
        chosen = (
            top if owner == ROOT else container[owner] if owner in container else placement.after.setdefault(owner, [])
        )
        container[number] = chosen
        chosen.append(number)
    return placement
