"""Labels and handlers of one function: checked as tables, then met in the order of the code.

``Landmarks`` is a queue of the offsets at which something other than an instruction happens: a
label declares the state, a handler's range begins or ends.  While a range is open it keeps the
locals that were initialised wherever control could enter it, which are those at its start and at
each label inside; between two such places locals only become initialised.  Ranges nest, so an inner
range hands what it kept to the outer one when it ends, and every label is counted once.
"""

from __future__ import annotations

from typing import NamedTuple

from pvm.isa.types import Prim, class_ref
from pvm.pbc.model import Function, Handler, Label, Module
from pvm.verify.actions import check_index
from pvm.verify.limits import MAX_STACK
from pvm.verify.rules import Broken, Rule
from pvm.verify.states import State, StateTable
from pvm.verify.types import TypeTable


class Target(NamedTuple):
    """A label: where it is, the state there, and the locals that must be initialised, as bits."""

    offset: int
    state: State
    needs: int


def declare_targets(function: Function, local_count: int, types: TypeTable, states: StateTable) -> list[Target]:
    """Check the label table and number its types.

    Raises:
        Broken: labels are out of order, or declare what cannot be.
    """
    targets: list[Target] = []
    previous = -1
    for index, label in enumerate(function.labels):
        if label.offset <= previous:
            message = f"label {index}: expected an offset above {previous}, found {label.offset}"
            raise Broken(Rule.BRANCH_TARGET, message)
        previous = label.offset
        state = _declared_state(label, index, types, states) if label.prims or label.refs else states.empty
        targets.append(Target(label.offset, state, needs_of(label, index, local_count)))
    return targets


def _declared_state(label: Label, index: int, types: TypeTable, states: StateTable) -> State:
    if max(len(label.prims), len(label.refs)) > MAX_STACK:
        raise Broken(Rule.LIMITS, f"label {index}: expected at most {MAX_STACK} values on a stack, found more")
    prims = [types.declare(each) for each in label.prims]
    refs = [types.declare(each) for each in label.refs]
    if any(number > len(Prim) for number in prims) or any(number <= len(Prim) for number in refs):
        raise Broken(Rule.TYPE, f"label {index}: expected each value on the stack of its kind")
    return states.declared(prims, refs)


def needs_of(label: Label, index: int, local_count: int) -> int:
    """The locals that a label says are initialised, as bits."""
    if not 0 <= label.locals <= local_count:
        message = f"label {index}: expected at most {local_count} locals, found {label.locals}"
        raise Broken(Rule.LABEL_LOCALS, message)
    if not label.gaps:
        return (1 << label.locals) - 1
    bits = bytearray(label.locals // 8 + 1)
    previous = -1
    for gap in label.gaps:
        if not previous < gap < label.locals:
            message = f"label {index}: expected a gap above {previous} and below {label.locals}, found {gap}"
            raise Broken(Rule.LABEL_LOCALS, message)
        previous = gap
        bits[gap >> 3] |= 1 << (gap & 7)
    return (1 << label.locals) - 1 & ~int.from_bytes(bits, "little")


def sort_handlers(function: Function) -> list[Handler]:
    """Handlers by start, outer ones first.

    Raises:
        Broken: a range is empty, or two overlap, or an outer one stands before an inner one.
    """
    if not function.handlers:
        return []
    numbered = sorted(enumerate(function.handlers), key=lambda pair: (pair[1].start, -pair[1].end, -pair[0]))
    around: list[tuple[int, Handler]] = []
    for index, handler in numbered:
        if not 0 <= handler.start < handler.end <= len(function.code):
            message = f"handler {index}: expected a range within 0 to {len(function.code)}, "
            raise Broken(Rule.HANDLER_RANGE, f"{message}found {handler.start} to {handler.end}")
        while around and around[-1][1].end <= handler.start:
            around.pop()
        if around:
            outer_index, outer = around[-1]
            if handler.end > outer.end:
                message = f"handler {index}: expected a range inside or outside that of handler {outer_index}"
                raise Broken(Rule.HANDLER_NESTING, f"{message}, found one that overlaps it")
            if outer_index < index:
                message = f"handler {index}: expected it before handler {outer_index}, whose range is around its own"
                raise Broken(Rule.HANDLER_NESTING, message)
        around.append((index, handler))
    return [handler for _, handler in numbered]


class HandlerCheck:
    """Checks what a handler catches and where it goes."""

    def __init__(self, module: Module, types: TypeTable, states: StateTable) -> None:
        self._module = module
        self._types = types
        self._states = states

    def check(self, handler: Handler, targets: list[Target]) -> None:
        """Refuse a handler whose class or label does not fit.

        Raises:
            Broken: it does not.
        """
        throwable = self._module.throwable
        if throwable is None:
            raise Broken(Rule.THROWABLE, "expected a throwable class in the module, found none")
        caught = throwable
        if handler.catches is not None:
            caught = handler.catches
            check_index(caught, len(self._module.classes), "class")
            if not self._types.hierarchy.is_subclass(caught, throwable):
                found = self._types.text_of(class_ref(caught))
                raise Broken(Rule.HANDLER_CLASS, f"expected a class below throwable, found {found}")
        check_index(handler.target, len(targets), "label")
        target = targets[handler.target]
        if target.offset < handler.end:
            message = f"expected a label at or after {handler.end}, found label {handler.target} at {target.offset}"
            raise Broken(Rule.HANDLER_TARGET, message)
        number = self._types.number(class_ref(caught))
        if target.state is not self._states.declared((), (number,)):
            message = f"label {handler.target}: expected {self._types.text(number)} alone on the stacks"
            raise Broken(Rule.HANDLER_TARGET, f"{message}, found {_depths(target.state, self._types)}")


def _depths(state: State, types: TypeTable) -> str:
    if state.prim_depth == 0 and state.ref_depth == 1:
        return types.text(state.refs.top)
    return f"{state.prim_depth} primitives and {state.ref_depth} references"


class _Open:
    """A range that the pass is in, and the locals initialised at every way into it so far."""

    __slots__ = ("handler", "initialised", "needs")

    def __init__(self, handler: Handler, needs: int, initialised: int) -> None:
        self.handler = handler
        self.needs = needs
        self.initialised = initialised


class Landmarks:
    """The offsets where labels stand and ranges begin and end, met in order by the pass."""

    def __init__(self, targets: list[Target], handlers: list[Handler], end: int) -> None:
        self._targets = targets
        self._handlers = handlers
        self._end = end
        self._next_target = 0
        self._next_handler = 0
        self._open: list[_Open] = []

    def next_offset(self) -> int:
        """The next offset to stop at; the end of the code if there is none before it."""
        found = self._end
        if self._next_target < len(self._targets):
            found = min(found, self._targets[self._next_target].offset)
        if self._next_handler < len(self._handlers):
            found = min(found, self._handlers[self._next_handler].start)
        if self._open:
            found = min(found, self._open[-1].handler.end)
        return found

    def leave_ranges(self, offset: int) -> None:
        """Close the ranges that end here.

        Raises:
            Broken: a label of theirs needs a local that is not initialised all over the range.
        """
        while self._open and self._open[-1].handler.end <= offset:
            closed = self._open.pop()
            if closed.handler.end < offset:
                raise _inside("the end of a handler's range", Rule.HANDLER_RANGE, closed.handler.end)
            missing = closed.needs & ~closed.initialised
            if missing:
                local = (missing & -missing).bit_length() - 1
                message = (
                    f"label {closed.handler.target} needs local {local}: expected it initialised all over the range "
                    f"{closed.handler.start} to {closed.handler.end}, found a place where it is not"
                )
                raise Broken(Rule.HANDLER_LOCALS, message)
            if self._open:
                self._open[-1].initialised &= closed.initialised

    def take_label(self, offset: int) -> int | None:
        """The label that stands here, if there is one."""
        if self._next_target == len(self._targets):
            return None
        found = self._targets[self._next_target].offset
        if found > offset:
            return None
        if found < offset or offset == self._end:
            raise _inside(f"label {self._next_target}", Rule.BRANCH_TARGET, found)
        self._next_target += 1
        if self._open:
            self._open[-1].initialised &= self._targets[self._next_target - 1].needs
        return self._next_target - 1

    def enter_ranges(self, offset: int, initialised: int) -> None:
        """Open the ranges that begin here."""
        while self._next_handler < len(self._handlers):
            handler = self._handlers[self._next_handler]
            if handler.start > offset:
                return
            if handler.start < offset:
                raise _inside("the start of a handler's range", Rule.HANDLER_RANGE, handler.start)
            self._open.append(_Open(handler, self._targets[handler.target].needs, initialised))
            self._next_handler += 1

    def finish(self) -> None:
        """Meet what is left at the end of the code."""
        self.leave_ranges(self._end)
        if self._next_target < len(self._targets):
            raise _inside(f"label {self._next_target}", Rule.BRANCH_TARGET, self._targets[self._next_target].offset)


def _inside(what: str, rule: Rule, offset: int) -> Broken:
    return Broken(rule, f"expected {what} at the start of an instruction, found offset {offset}")
