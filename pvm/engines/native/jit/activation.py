"""A function as part of what is compiled: the root, or one that was inlined somewhere below it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pvm.engines.native.code.translator import Points, translate
from pvm.engines.native.jit.coldness import blocks_of
from pvm.engines.native.jit.inlining import path_of
from pvm.engines.native.jit.liveness import live_locals
from pvm.engines.native.jit.loops import Loop, looping_blocks, plain_loops
from pvm.engines.native.jit.ranges import Interval, ranges_at_heads
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.shapes import FrameShape
from pvm.engines.native.translation import Translation
from pvm.engines.polls import backward_targets
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.machine import Val
from pvm.isa.types import HeapKind, RefType, Signature, ValueType
from pvm.verify.verified import VerifiedFunction

if TYPE_CHECKING:
    from pvm.engines.native.jit.shadows import Origin


def kind_of(type_: ValueType) -> str:
    """The kind of a value of a type."""
    return "ref" if isinstance(type_, RefType) else type_.name.lower()


def _is_object(type_: ValueType) -> bool:
    kinds = {HeapKind.CLASS, HeapKind.ARRAY, HeapKind.STRING}
    return isinstance(type_, RefType) and not type_.nullable and type_.kind in kinds


class FunctionFacts:
    """What is known of a function wherever it is inlined."""

    def __init__(self, linkage: Linkage, index: int, cold: frozenset[int]) -> None:
        self.index = index
        self.cold = cold
        """Blocks that lead to an exception."""
        self.verified: VerifiedFunction = linkage.metadata.verified.functions[index]
        self.frame: FrameShape = linkage.metadata.frames[index]
        self.points = Points()
        self.translation: Translation = translate(linkage, index, self.points)
        self.live = live_locals(self.verified)
        self.kinds = [kind_of(each) for each in self.verified.local_types]
        self.bounded = linkage.polls.is_bounded(index)
        self.polled = backward_targets(self.verified.function, self.verified.instructions)
        self.blocks: dict[int, list[Instruction]] = blocks_of(self.verified)
        self.labels_at: dict[int, int] = {}
        for number, label in enumerate(self.verified.function.labels):
            self.labels_at.setdefault(label.offset, number)
        self.written = {
            each.immediates[0]
            for each in self.verified.instructions
            if each.opcode.mnemonic in {"local.set", "local.tee"}
        }
        self._resolver = linkage.resolver
        self._loops: tuple[Loop, ...] | None = None

    def passed(self, offset: int) -> tuple[int, int]:
        """The block where control comes to from one on, and what is passed costs: blocks that do nothing but jump."""
        cost = 0
        while offset not in self.polled and offset not in self.cold:
            (first, *rest) = self.blocks[offset]
            if rest or first.opcode.form is not Form.JUMP:
                break
            offset = self.verified.function.labels[first.immediates[0]].offset
            cost += 1
        return offset, cost

    def live_across(self, call: Instruction) -> int:
        """Locals that are read when a call has returned, or by a handler if it throws, which may be around it only."""
        function = self.verified.function
        live = self.live.get(call.end, 0)
        for handler in function.handlers:
            if handler.start <= call.offset < handler.end:
                live |= self.live[function.labels[handler.target].offset]
        return live

    @cached_property
    def shadowed(self) -> frozenset[int]:
        """Locals that get shadows: never null, used in loops, and written outside of them."""
        if not self.polled:
            return frozenset()
        looping = looping_blocks(self.verified, self.blocks)
        inside = [each for offset in looping for each in self.blocks[offset]]
        written = {each.immediates[0] for each in inside if each.opcode.mnemonic in {"local.set", "local.tee"}}
        used = {each.immediates[0] for each in inside if each.opcode.mnemonic == "local.get"} - written
        types = self.verified.local_types
        return frozenset(each for each in used if _is_object(types[each]))

    @cached_property
    def ranges(self) -> dict[int, dict[int, Interval]]:
        """What is known of numbers in locals at the heads of loops."""
        return ranges_at_heads(self.verified, self.blocks, self.polled, self._resolver)

    @property
    def loops(self) -> tuple[Loop, ...]:
        """The loops that may have strips."""
        if self._loops is None:
            self._loops = plain_loops(self.verified, self.blocks, self.polled)
        return self._loops


@dataclass
class Activation:
    """One use of a function; ``offset`` is where its frame is behind that of the root, in bytes."""

    facts: FunctionFacts
    prefix: str
    offset: int = 0
    parent: Activation | None = None
    call: Instruction | None = None
    """Where the parent calls it."""
    done: str = ""
    """The label behind the call, for an inlined one."""
    result: str = ""
    """The variable of the result, for an inlined one."""
    waiting_prims: tuple[str, ...] = ()
    """Kinds of the primitive operands of the parent that wait for this one."""
    waiting_refs: int = 0
    """How many of its references do."""
    prims: list[Val] = field(default_factory=list)
    refs: list[Val] = field(default_factory=list)
    known: dict[int, int] = field(default_factory=dict)
    """Function values in parameters that are never written: the function by local."""
    exact: dict[int, int] = field(default_factory=dict)
    """Exact classes of objects in parameters that are never written."""
    texts: dict[int, bytes] = field(default_factory=dict)
    """Texts in parameters that are never written."""
    values: dict[int, Val] = field(default_factory=dict)
    """What locals hold that do not change in the strip that is being emitted."""
    origins: dict[int, Origin] = field(default_factory=dict)
    """Where references in parameters come from that are never written."""
    copy: str = ""
    """Which copy of the blocks is being emitted: what their labels have in front."""
    block: int = -1
    """The block that is being emitted; -1 outside."""
    split: dict[int, Loop] = field(default_factory=dict)
    """Loops that are emitted more than once, by block."""
    wanted: list[tuple[Loop, int]] = field(default_factory=list)
    """Blocks of such loops of which the copy outside is needed."""

    @property
    def chain(self) -> list[Activation]:
        """From the root to this one."""
        return [*(self.parent.chain if self.parent else ()), self]

    @cached_property
    def path(self) -> str:
        """Where it is inlined: the same in all copies of the blocks around it, and in another emission."""
        if self.parent is None or self.call is None:
            return "%"
        return path_of(self.parent.path, self.call.offset, self.facts.index)

    def pop_arguments(self, signature: Signature) -> list[Val]:
        """Pop the arguments of a call, in the order of its parameters."""
        popped = [(self.refs if isinstance(each, RefType) else self.prims).pop() for each in reversed(signature.params)]
        return popped[::-1]

    def local(self, number: int) -> str:
        """The variable of a local."""
        return f"%{self.prefix}.l{number}"

    def label(self, offset: int, copy: str = "") -> str:
        """A copy of the block at an offset, which has still to be paid for."""
        return f"{self.prefix}.{copy}b{offset}"
