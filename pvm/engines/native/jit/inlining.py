"""Which calls of a compilation are inlined: those with most loops around them first, then what is small.

What is inlined costs the compiler time, so a compilation has so many instructions and no more.  Given out in the order
of the code, they went to what a function does once before its loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import NamedTuple

from pvm.engines.native.jit.coldness import blocks_of
from pvm.engines.native.jit.loops import loop_depths
from pvm.engines.native.jit.targets import MAX_TARGETS, Targets
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.verify.verified import VerifiedModule

MAX_DEPTH = 6
SMALL = 45
"""Instructions of a function that is inlined wherever it is known."""
LARGE = 100
"""Instructions of a function that may be inlined near the root."""
TINY = 24
"""Instructions of a function whose recursive calls are inlined once more."""
MAX_SIZE = 400
"""Instructions of what is planned for one compilation."""
LESS_THAN_A_CALL = 8
"""Instructions of a function that are fewer than those of a call of it: inlined twice as deep, and in twice as many."""
LEAST = 100
"""Instructions that are inlined into a function although it is as large alone."""
FOUND_LATER = 100
"""Instructions of calls besides of which only the emission tells what they reach."""


class Site(NamedTuple):
    """A call in a function: where it is, how many loops are around it, and what it may reach, if that is little."""

    offset: int
    depth: int
    callees: tuple[int, ...]


class Place(NamedTuple):
    """Where a function may be inlined; the least of them comes first."""

    order: tuple[int, int, int]
    """Loops, negated; instructions; and what was found first."""
    path: str
    chain: tuple[int, ...]
    """The functions from the root to this one."""
    depth: int
    """Loops around it."""


def path_of(caller: str, offset: int, callee: int) -> str:
    """What a function is known by where it is inlined for a call at an offset."""
    return f"{caller}/{offset}:{callee}"


class Inlinable:
    """What is known of the calls of a program, and of what they call."""

    def __init__(self, verified: VerifiedModule, targets: Targets) -> None:
        self._verified = verified
        self.targets = targets
        self._sites: dict[int, tuple[Site, ...]] = {}
        self._plain: dict[int, bool] = {}

    def size(self, function: int) -> int:
        """Instructions of a function that are worth compiling."""
        return self.targets.size(function)

    def may(self, chain: Sequence[int], function: int) -> bool:
        """Whether a function may be inlined behind others, the root first."""
        depth, size = len(chain) - 1, self.size(function)
        if depth >= MAX_DEPTH * (2 if size <= LESS_THAN_A_CALL else 1) or size > (LARGE if depth < 2 else SMALL):
            return False
        if chain.count(function) > (2 if size <= TINY else 1 if size <= SMALL else 0):
            return False
        if function not in self._plain:
            self._plain[function] = self._is_plain(function)
        return self._plain[function]

    def _is_plain(self, function: int) -> bool:
        verified = self._verified.functions[function]
        if verified.max_prims + verified.max_refs > 64 or len(verified.local_types) > 100:
            return False
        return all(each.opcode.form is not Form.TAIL_CALL for each in verified.instructions)

    def sites(self, function: int) -> tuple[Site, ...]:
        """The calls of a function that may be inlined."""
        if function not in self._sites:
            self._sites[function] = tuple(self._find(function))
        return self._sites[function]

    def _find(self, function: int) -> Iterable[Site]:
        verified = self._verified.functions[function]
        blocks, cold = blocks_of(verified), self.targets.cold(function)
        depths = loop_depths(verified, blocks)
        for start, block in blocks.items():
            if start in cold:
                continue
            for each in block:
                callees = self._callees(each)
                if callees:
                    yield Site(each.offset, depths.get(start, 0), callees)

    def _callees(self, instruction: Instruction) -> tuple[int, ...]:
        match instruction.opcode.mnemonic:
            case "call":
                return (instruction.immediates[0],)
            case "call.virtual" | "call.interface":
                found = self.targets.of_method(*instruction.immediates[0])
            case "call.ref":
                found = self.targets.of_value(self._verified.module.signatures[instruction.immediates[0]])
            case _:
                return ()
        return found if len(found) <= MAX_TARGETS else ()


class InliningPlan:
    """What is inlined in one compilation."""

    def __init__(self, inlinable: Inlinable, root: int) -> None:
        self._inlinable = inlinable
        self._chosen: set[str] = set()
        self._found: dict[str, bool] = {}
        size = inlinable.size(root)
        self._room = max(MAX_SIZE - size, LEAST)
        self._choose(root)
        self._room += FOUND_LATER

    def _choose(self, root: int) -> None:
        """Take the best place that there is room for, and look at what is called there, until there is none."""
        waiting: list[Place] = []
        self._add(waiting, "%", (root,), 0)
        while waiting:
            place = heappop(waiting)
            size = self._inlinable.size(place.chain[-1])
            if self._fits(size):
                self._room -= size
                self._chosen.add(place.path)
                self._add(waiting, place.path, place.chain, place.depth)

    def _fits(self, size: int) -> bool:
        """Whether there is room for so many instructions."""
        return size <= self._room + (MAX_SIZE if size <= LESS_THAN_A_CALL else 0)

    def _add(self, waiting: list[Place], path: str, chain: tuple[int, ...], depth: int) -> None:
        """Add what the last function of a chain calls that may be inlined."""
        for site in self._inlinable.sites(chain[-1]):
            for callee in site.callees:
                if self._inlinable.may(chain, callee):
                    loops = depth + site.depth
                    order = -loops, self._inlinable.size(callee), len(self._chosen)
                    heappush(waiting, Place(order, path_of(path, site.offset, callee), (*chain, callee), loops))

    def includes(self, path: str, chain: Sequence[int], function: int) -> bool:
        """Whether a function is inlined at a place, behind the others of a chain: the same in all copies of a block."""
        if path in self._chosen:
            return True
        if path not in self._found:
            size = self._inlinable.size(function)
            self._found[path] = self._fits(size) and self._inlinable.may(chain, function)
            if self._found[path]:
                self._room -= size
        return self._found[path]
