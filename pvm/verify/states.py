"""Types on the two operand stacks, as immutable states that exist once.

A stack is a chain of cells from its top down.  Cells and pairs of stacks are interned, so equal
states are one object: comparing them is ``is``, and a state remembers in ``step`` where each effect
leads.  The verifier's inner loop is then one dictionary look-up per instruction; the work of an
effect is done once per state and effect, in all functions of the module together.
"""

from __future__ import annotations

from collections.abc import Iterable

from pvm.verify.limits import MAX_REMEMBERED, MAX_STACK, MERGE_BASE, MERGES_PER_INSTRUCTION
from pvm.verify.rules import Broken, Rule
from pvm.verify.types import TypeTable

StepKey = int | tuple[object, ...]
"""What names an effect: see ``pvm.verify.actions``."""


class Cell:
    """A stack: its top, what is below, and how many values there are; the empty stack has depth 0."""

    __slots__ = ("below", "depth", "top")

    def __init__(self, below: Cell | None, top: int) -> None:
        self.below = below
        self.top = top
        self.depth: int = 0 if below is None else below.depth + 1


class State:
    """Both stacks, the states that follow, and the function that has met it last."""

    __slots__ = ("mark", "prim_depth", "prims", "ref_depth", "refs", "step")

    def __init__(self, prims: Cell, refs: Cell) -> None:
        self.prims = prims
        self.refs = refs
        self.prim_depth = prims.depth
        self.ref_depth = refs.depth
        self.step: dict[StepKey, State] = {}
        self.mark = -1


class StateTable:
    """Interns the states of one module."""

    def __init__(self, types: TypeTable) -> None:
        self._types = types
        self._bottom = Cell(None, 0)
        self.empty = State(self._bottom, self._bottom)
        self.dead = State(self._bottom, self._bottom)
        """Stands where control cannot come; nothing follows it."""
        self.merges_left = MERGE_BASE
        self._cells: dict[tuple[Cell, int], Cell] = {}
        self._states: dict[tuple[Cell, Cell], State] = {(self._bottom, self._bottom): self.empty}
        self._below: set[tuple[Cell, Cell]] = set()
        self._remembered = 0

    def begin_function(self, instructions: int) -> None:
        """Allow for the comparisons of another function."""
        self.merges_left += MERGES_PER_INSTRUCTION * instructions
        self._below.clear()

    def remember(self, state: State, key: StepKey, after: State) -> None:
        """Note where an effect leads; now and then forget all, so that memory stays bounded.

        Forgetting is only a matter of speed: states made before and after it are compared by value.
        """
        self._remembered += 1
        if self._remembered > MAX_REMEMBERED:
            self.clear()
        state.step[key] = after

    def clear(self) -> None:
        """Forget every state but the empty one, and the cycles between them."""
        for state in self._states.values():
            state.step.clear()
        self._remembered = 0
        self._cells.clear()
        self._states = {(self._bottom, self._bottom): self.empty}

    def push(self, stack: Cell, number: int) -> Cell:
        """The stack with one more value.

        Raises:
            Broken: the stack is at its limit.
        """
        cell = self._cells.get((stack, number))
        if cell is None:
            if stack.depth >= MAX_STACK:
                raise Broken(Rule.LIMITS, f"expected at most {MAX_STACK} values on a stack, found more")
            cell = self._cells[stack, number] = Cell(stack, number)
        return cell

    def state(self, prims: Cell, refs: Cell) -> State:
        """The state of these stacks."""
        state = self._states.get((prims, refs))
        if state is None:
            state = self._states[prims, refs] = State(prims, refs)
        return state

    def declared(self, prims: Iterable[int], refs: Iterable[int]) -> State:
        """The state of stacks that are given bottom first."""
        prim_stack = ref_stack = self._bottom
        for number in prims:
            prim_stack = self.push(prim_stack, number)
        for number in refs:
            ref_stack = self.push(ref_stack, number)
        return self.state(prim_stack, ref_stack)

    def flow(self, state: State, target: State, label: int) -> None:
        """Carry a state to a label that declares ``target``.

        Raises:
            Broken: another depth, or a value that is not of the declared type.
        """
        for name, found, expected in (("primitive", state.prims, target.prims), ("reference", state.refs, target.refs)):
            if found.depth != expected.depth:
                raise Broken(
                    Rule.STACK_DEPTH_AT_LABEL,
                    f"label {label}: expected {expected.depth} on the {name} stack, found {found.depth}",
                )
            self._compare(found, expected, label)

    def _compare(self, lower: Cell, upper: Cell, label: int) -> None:
        compared: list[tuple[Cell, Cell]] = []
        while lower is not upper and (lower, upper) not in self._below:
            if not self._types.is_subtype(lower.top, upper.top):
                raise self._types.mismatch(upper.top, lower.top, f"label {label}: ")
            compared.append((lower, upper))
            assert lower.below is not None
            assert upper.below is not None
            lower, upper = lower.below, upper.below
            if len(compared) > self.merges_left:
                raise Broken(Rule.LIMITS, "expected fewer values to compare at labels, for so few instructions")
        self.merges_left -= len(compared)
        self._below.update(compared)
