"""Loops of a function that may have strips: what changes in them, and how, as far as compiled code can gain from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from pvm.engines.polls import backward_targets, branch_labels
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.types import Prim, ValueType
from pvm.verify.verified import VerifiedFunction

MAX_BLOCKS = 400
"""Blocks of a function whose loops are looked for: finding them takes time that grows with their square."""
MAX_STEP = 1 << 20
_WRITES = frozenset({"local.set", "local.tee"})
_ADDITIONS = {"i64.add": 1, "i64.add_checked_s": 1, "i64.sub": -1, "i64.sub_checked_s": -1}
_RELATIONS = {"i64.lt_s": "lt", "i64.le_s": "le", "i64.gt_s": "gt", "i64.ge_s": "ge", "i64.eq": "eq", "i64.ne": "ne"}
_MIRRORED = {"lt": "gt", "le": "ge", "gt": "lt", "ge": "le", "eq": "eq", "ne": "ne"}
_NEGATED = {"lt": "ge", "le": "gt", "gt": "le", "ge": "lt", "eq": "ne", "ne": "eq"}
_PLAIN = frozenset({"local.get", "i64.const", "field.get", "array.size", "string.size"})
"""What the test of a loop may consist of besides the comparison: nothing that has an effect or traps."""


class Induction(NamedTuple):
    """A local that changes by the same in each round: by ``step``, or if that is 0 by what a local holds."""

    local: int
    step: int
    step_local: int
    after: frozenset[int]
    """Blocks that run behind the change, which ends the block before them or is in one of them."""
    block: int
    offset: int
    """Where it is changed."""

    def is_behind(self, block: int, offset: int) -> bool:
        """Whether a place runs behind the change."""
        return block in self.after or (block == self.block and offset > self.offset)


class ExitTest(NamedTuple):
    """The end of a block that leaves the loop unless an induction variable has a relation to what does not change."""

    block: int
    local: int
    relation: str
    stays: int
    """The block where the loop goes on."""
    is_left: bool
    """Whether the variable is the left operand."""


class Loop(NamedTuple):
    """A loop, without the loops in it; rounds begin at ``head``, the block that a branch goes back to.

    That need not be where the loop is entered: most are entered at their test, which is further behind.  Of a loop that
    has others in it, these are the rounds that do not come to them: whoever does has left, and enters the loop anew.
    """

    head: int
    blocks: frozenset[int]
    written: frozenset[int]
    inductions: Mapping[int, Induction]
    test: ExitTest | None
    is_straight: bool
    """Whether all blocks run in each round."""
    leaves: bool
    """Whether it is left elsewhere than at its test."""


def plain_loops(
    verified: VerifiedFunction, blocks: Mapping[int, list[Instruction]], polled: Iterable[int]
) -> tuple[Loop, ...]:
    """The loops of a function that have rounds without another loop; no block is in two of them.

    ``polled`` are the blocks that a branch goes back to.
    """
    heads = frozenset(polled)
    if not heads or len(blocks) > MAX_BLOCKS:
        return ()
    graph = _Graph(verified, blocks)
    bodies = {header: body for header in graph.order if (body := graph.natural_loop(header))}
    found = {}
    for header, body in bodies.items():
        inner = frozenset().union(*(bodies[each] for each in body & bodies.keys() if each != header))
        rounds = graph.rounds_without(header, body, inner) if inner else body
        inside = rounds & heads
        if len(inside) == 1:
            (head,) = inside
            found[head] = _describe(graph, verified, head, rounds)
    return tuple(found.values())


def looping_blocks(verified: VerifiedFunction, blocks: Mapping[int, list[Instruction]]) -> frozenset[int]:
    """The blocks that are in any loop."""
    if len(blocks) > MAX_BLOCKS:
        return frozenset()
    graph = _Graph(verified, blocks)
    return frozenset().union(*(graph.natural_loop(header) for header in graph.order))


def loop_depths(verified: VerifiedFunction, blocks: Mapping[int, list[Instruction]]) -> Counter[int]:
    """How many loops are around each block that is in any."""
    if len(blocks) > MAX_BLOCKS or not backward_targets(verified.function, verified.instructions):
        return Counter()
    graph = _Graph(verified, blocks)
    return Counter(offset for header in graph.order for offset in graph.natural_loop(header))


class _Graph:
    """Blocks, what follows them, and what they are dominated by."""

    def __init__(self, verified: VerifiedFunction, blocks: Mapping[int, list[Instruction]]) -> None:
        self.blocks = blocks
        labels = [label.offset for label in verified.function.labels]
        self.following: dict[int, list[int]] = {}
        for offset, block in blocks.items():
            last = block[-1]
            targets = [labels[label] for label in branch_labels(last)]
            if not last.opcode.ends_block:
                targets.append(last.end)
            self.following[offset] = targets
        self.order = self._reverse_postorder()
        self.preceding: dict[int, list[int]] = {offset: [] for offset in self.order}
        for offset in self.order:
            for target in self.following[offset]:
                self.preceding[target].append(offset)
        self.dominators = self._dominators()

    def _reverse_postorder(self) -> list[int]:
        order: list[int] = []
        seen = {0}
        stack = [(0, iter(self.following[0]))]
        while stack:
            offset, rest = stack[-1]
            target = next(rest, None)
            if target is None:
                order.append(offset)
                stack.pop()
            elif target not in seen:
                seen.add(target)
                stack.append((target, iter(self.following[target])))
        return order[::-1]

    def _dominators(self) -> dict[int, frozenset[int]]:
        everything = frozenset(self.order)
        found = dict.fromkeys(self.order, everything)
        found[0] = frozenset({0})
        changed = True
        while changed:
            changed = False
            for offset in self.order[1:]:
                common = frozenset.intersection(*(found[each] for each in self.preceding[offset])) | {offset}
                if common != found[offset]:
                    found[offset] = common
                    changed = True
        return found

    def natural_loop(self, header: int) -> frozenset[int]:
        """The blocks from which control goes back to the header, which dominates them; none if it does not."""
        work = [each for each in self.preceding[header] if header in self.dominators[each]]
        if not work:
            return frozenset()
        found = {header}
        while work:
            offset = work.pop()
            if offset in found:
                continue
            found.add(offset)
            work += self.preceding[offset]
        return frozenset(found)

    def rounds_without(self, header: int, body: frozenset[int], inner: frozenset[int]) -> frozenset[int]:
        """The blocks of a loop in rounds that come to no other loop in it, nor to a test whether to enter one.

        Such a test (of a loop that may have no round at all) seldom says no.
        """
        kept = {each for each in body - inner if inner.isdisjoint(self.following[each])}
        if header not in kept:
            return frozenset()
        return self._closure(self.following, header, kept) & self._closure(self.preceding, header, kept)

    @staticmethod
    def _closure(nexts: Mapping[int, list[int]], start: int, within: Collection[int]) -> frozenset[int]:
        """What is come to from a block, which itself counts only if it is come to again."""
        found: set[int] = set()
        work = list(nexts[start])
        while work:
            offset = work.pop()
            if offset in within and offset not in found:
                found.add(offset)
                work += nexts[offset]
        return frozenset(found)

    def always_in(self, body: frozenset[int], head: int) -> frozenset[int]:
        """The blocks of a loop that run in each round which is followed by another one."""
        preceding = {each: [before for before in self.preceding[each] if before in body] for each in body}
        found = dict.fromkeys(body, body)
        found[head] = frozenset({head})
        changed = True
        while changed:
            changed = False
            for offset in body - {head}:
                common = frozenset.intersection(*(found[each] for each in preceding[offset])) | {offset}
                if common != found[offset]:
                    found[offset] = common
                    changed = True
        return frozenset.intersection(*(found[each] for each in preceding[head]))

    def reached_from(self, block: int, body: frozenset[int], head: int) -> frozenset[int]:
        """What follows a block in the same round of a loop."""
        return self._closure(self.following, block, body - {head})


def _describe(graph: _Graph, verified: VerifiedFunction, head: int, body: frozenset[int]) -> Loop:
    always = graph.always_in(body, head)
    writes: dict[int, list[tuple[int, int]]] = {}
    for offset in body:
        for place, each in enumerate(graph.blocks[offset]):
            if each.opcode.mnemonic in _WRITES:
                writes.setdefault(each.immediates[0], []).append((offset, place))
    written = frozenset(writes)
    inductions = {}
    for local, places in writes.items():
        (block, place), *others = places
        if others or block not in always or verified.local_types[local] is not Prim.I64:
            continue
        step = _step(local, graph.blocks[block][: place + 1], written, verified.local_types)
        if step is not None:
            after = graph.reached_from(block, body, head)
            inductions[local] = Induction(local, *step, after, block, graph.blocks[block][place].offset)
    tests = (_exit_test(graph, verified, body, block, written, inductions) for block in sorted(always))
    test = next((each for each in tests if each is not None), None)
    leaves = any(not body.issuperset(graph.following[each]) for each in body if test is None or each != test.block)
    return Loop(head, body, written, inductions, test, always == body, leaves)


def _step(
    local: int, block: Sequence[Instruction], written: frozenset[int], types: Sequence[ValueType]
) -> tuple[int, int] | None:
    """What a write of a local, the last of these instructions, adds to it: a number, or a local."""
    if len(block) < 4 or block[-1].opcode.mnemonic != "local.set":
        return None
    left, right, addition = block[-4:-1]
    sign = _ADDITIONS.get(addition.opcode.mnemonic)
    if sign is None:
        return None
    if sign > 0 and _is_get(right, local):
        left, right = right, left
    if not _is_get(left, local):
        return None
    if right.opcode.mnemonic == "i64.const":
        step = sign * int(right.immediates[0])
        return (step, -1) if 0 < abs(step) <= MAX_STEP else None
    if right.opcode.mnemonic == "local.get" and sign > 0:
        other = right.immediates[0]
        if other not in written and types[other] is Prim.I64:
            return 0, other
    return None


def _is_get(instruction: Instruction, local: int) -> bool:
    return instruction.opcode.mnemonic == "local.get" and bool(instruction.immediates[0] == local)


def _exit_test(
    graph: _Graph,
    verified: VerifiedFunction,
    body: frozenset[int],
    offset: int,
    written: frozenset[int],
    inductions: Mapping[int, Induction],
) -> ExitTest | None:
    block = graph.blocks[offset]
    if len(block) < 4 or block[-1].opcode.form is not Form.BRANCH:
        return None
    *operands, comparison, branch = block
    relation = _RELATIONS.get(comparison.opcode.mnemonic)
    if relation is None or any(each.opcode.mnemonic not in _PLAIN for each in operands):
        return None
    if branch.opcode.mnemonic == "branch.unless":
        relation = _NEGATED[relation]
    target, following = verified.function.labels[branch.immediates[0]].offset, branch.end
    if (target in body) == (following in body):
        return None
    if target not in body:
        target, relation = following, _NEGATED[relation]
    for instruction, others, is_left in ((operands[0], operands[1:], True), (operands[-1], operands[:-1], False)):
        local = int(instruction.immediates[0]) if instruction.opcode.mnemonic == "local.get" else -1
        changes = any(each.opcode.mnemonic == "local.get" and each.immediates[0] in written for each in others)
        if local in inductions and not changes and others[0].opcode.mnemonic in {"local.get", "i64.const"}:
            return ExitTest(offset, local, relation if is_left else _MIRRORED[relation], target, is_left)
    return None
