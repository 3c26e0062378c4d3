"""Draws the code of one function, directed by types, so that it verifies whatever is drawn.

``state`` of the generator at each place: the declared types on both stacks, the locals that are
initialised there, and whether the place is reachable.  An expression pushes one value of a type (or
of one below it) above what is on the stacks; a statement leaves the stacks as they were.  Loops
count down, calls mostly go to functions of higher numbers, and fuel bounds the rest.
"""

from __future__ import annotations

from random import Random

from pvm.isa.types import Prim, RefType, ValueType
from pvm.pbc.builder import FunctionBuilder, LabelRef
from pvm.pbc.label_state import split_mask
from tests.fuzz.world import World


class Join:
    """A label with the locals that are initialised on every way to it found so far."""

    def __init__(self, label: LabelRef, depths: tuple[int, int]) -> None:
        self.label = label
        self.depths = depths
        self.initialised: set[int] | None = None

    def meet(self, initialised: set[int]) -> None:
        self.initialised = set(initialised) if self.initialised is None else self.initialised & initialised


class Loop:
    """A loop around the place: where ``continue`` and ``break`` go."""

    def __init__(self, head: Join, end: Join) -> None:
        self.head = head
        self.end = end


class Body:
    """State and the primitives of drawing; expressions and statements are in the classes below."""

    def __init__(self, world: World, number: int, random: Random, budget: int) -> None:
        self.world = world
        self.number = number
        self.random = random
        self.budget = budget
        self.builder: FunctionBuilder = world.builder.function(number)
        self.signature = world.functions[number]
        self.local_types: list[ValueType] = list(self.signature.params)
        self.initialised: set[int] = set(range(len(self.local_types)))
        self.reserved: set[int] = set()
        """Counters of loops around the place, which nothing else assigns."""
        self.prims: list[ValueType] = []
        self.refs: list[RefType] = []
        self.loops: list[Loop] = []
        self.has_forgotten = False
        """Whether the head of a loop has forgotten something."""
        self.covering: list[set[int]] = []
        """For each handler's range around the place: the locals that its label may count on."""

    # Stacks

    @property
    def depths(self) -> tuple[int, int]:
        return len(self.prims), len(self.refs)

    @property
    def is_empty(self) -> bool:
        return not self.prims and not self.refs

    def cut(self, depths: tuple[int, int]) -> None:
        """Forget what is above ``depths``."""
        del self.prims[depths[0] :]
        del self.refs[depths[1] :]

    def push(self, value_type: ValueType) -> None:
        if isinstance(value_type, RefType):
            self.refs.append(value_type)
        else:
            self.prims.append(value_type)

    def drop(self, value_type: ValueType) -> None:
        """Drop a value that was pushed as the type."""
        if isinstance(value_type, RefType):
            self.builder.ref_drop()
        else:
            self.builder.prim_drop()

    # Labels

    def join(self, *pushed: ValueType, exact: bool = False) -> Join:
        """A label at which ``pushed`` is on top of what is on the stacks now."""
        prims = [*self.prims, *(each for each in pushed if not isinstance(each, RefType))]
        refs = [*self.refs, *(each for each in pushed if isinstance(each, RefType))]
        # What the builder finds by itself for a null is any, which is too wide for what it is pushed for.
        states = exact or bool(refs) or self.random.random() < 0.5
        label = self.builder.label(prims, refs) if states else self.builder.label()
        return Join(label, (len(prims), len(refs)))

    def go(self, join: Join, mnemonic: str = "jump", *immediates: object) -> None:
        """Emit a jump or branch to a label."""
        if self.builder.is_reachable:
            join.meet(self.initialised)
            self.builder.emit(mnemonic, join.label, *immediates)

    def bind(self, join: Join) -> None:
        """Place a label here; the place is reachable if something goes there."""
        if self.builder.is_reachable:
            join.meet(self.initialised)
        self.builder.bind(join.label)
        if join.initialised is not None:
            self.initialised = set(join.initialised)

    def bind_head(self, head: Join) -> None:
        """Place the label of a loop; it may forget that some locals are initialised.

        From then on other heads say what they take for granted: a head that nothing goes back to is no label, so the
        builder would go on to find there what was forgotten here, and what loops in these heads may forget, too.
        """
        kept = set(self.initialised)
        is_forgetful = self.random.random() < 0.15 and self.builder.is_reachable
        if is_forgetful:
            needed = self.reserved.union(*(loop.head.initialised or () for loop in self.loops))
            kept = {each for each in kept if each in needed or self.random.random() < 0.6}
            for floor in self.covering:
                floor.intersection_update(kept)
        self.has_forgotten |= is_forgetful
        if self.has_forgotten:
            head.label.initialised = split_mask(sum(1 << each for each in kept))
        self.bind(head)
        self.initialised &= kept

    # Locals

    def locals_below(self, value_type: ValueType) -> list[int]:
        """Initialised locals whose values are of a type."""
        return [each for each in sorted(self.initialised) if self.world.is_below(self.local_types[each], value_type)]

    def new_local(self, value_type: ValueType) -> int:
        name = f"x{len(self.local_types)}" if self.random.random() < 0.2 else ""
        index = self.builder.local(value_type, name)
        self.local_types.append(value_type)
        return index

    def counter(self) -> int:
        """A local that nothing but its loop assigns."""
        index = self.new_local(Prim.I32)
        self.reserved.add(index)
        return index

    def position(self) -> None:
        """Sometimes say where in a source the next instruction stands, sometimes in inlined code."""
        random = self.random
        if random.random() > 0.2:
            return
        place = self.builder.position("f.peb", random.randrange(1, 90), random.randrange(1, 40))
        while random.random() < 0.2:
            place = self.builder.position("g.peb", random.randrange(1, 90), 1, f"inline{random.randrange(3)}", place)
        self.builder.mark(place)
