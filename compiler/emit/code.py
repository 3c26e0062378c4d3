"""The code of one function under construction: instructions, both stacks, initialised locals, labels.

``Code`` follows the types on the stacks and the initialised locals as the verifier will, so that
labels can be declared when they are placed.  Where control cannot come (after a jump or return)
every method does nothing: dead code is never emitted, and a label that nobody jumps to vanishes.

Slots of virtual methods are numbered when the whole program is known, so an immediate may be a
``Late`` value; bytes are made by ``finish``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from compiler.records import structural
from compiler.syntax.source import Span
from pvm.isa.encoding import encode_instruction
from pvm.isa.instruction import Form, Opcode
from pvm.isa.table import BY_NAME
from pvm.isa.types import NULL, RefType, ValueType, class_ref
from pvm.pbc.effects import TypeVariable, fixed_effect
from pvm.pbc.label_state import split_mask
from pvm.pbc.model import Handler, Label, Position

_VISIBLE_FORMS = frozenset({Form.CALL, Form.HYPERCALL, Form.THROW, Form.ALLOCATE, Form.TASK, Form.UNREACHABLE})


class Late(Protocol):
    """An immediate that is known when the program is complete."""

    def resolve(self) -> Any:
        """Return the immediate."""
        ...


class Files(Protocol):
    """Numbers the source files of the module."""

    def file(self, span: Span) -> int:
        """Return the index of the file of a span."""
        ...


class CodeLabel:
    """A place to jump to; the stacks there are those at its creation, and its result on top."""

    __slots__ = ("initialised", "is_placed", "is_reached", "merged_into", "number", "prims", "refs", "sources")

    def __init__(self, prims: tuple[ValueType, ...], refs: tuple[RefType, ...]) -> None:
        self.prims = prims
        self.refs = refs
        self.initialised = -1
        self.is_reached = False
        self.is_placed = False
        self.sources = 0
        self.merged_into: CodeLabel | None = None
        self.number = -1

    def final(self) -> CodeLabel:
        """The label that stands for this one; only one label can stand at an offset."""
        label = self
        while label.merged_into is not None:
            label = label.merged_into
        return label


class _Instruction:
    __slots__ = ("immediates", "opcode", "position")

    def __init__(self, opcode: Opcode, immediates: tuple[Any, ...], position: int | None) -> None:
        self.opcode = opcode
        self.immediates = immediates
        self.position = position


@structural
class _Range:
    start: int
    end: int
    target: CodeLabel
    catches: int | None


@structural
class FinishedCode:
    """What ``pvm.pbc.model.Function`` needs of a body."""

    code: bytes
    labels: tuple[Label, ...]
    handlers: tuple[Handler, ...]
    positions: tuple[Position, ...]
    lines: tuple[tuple[int, int], ...]


class Code:
    """Appends instructions and tracks the state after the last one."""

    def __init__(self, files: Files, params: Sequence[ValueType]) -> None:
        self.locals: list[ValueType] = list(params)
        self.parameter_count = len(params)
        self.initialised = (1 << len(params)) - 1
        self.prims: list[ValueType] = []
        self.refs: list[RefType] = []
        self.reachable = True
        self._files = files
        self._items: list[_Instruction | CodeLabel] = []
        self._ranges: list[_Range] = []
        self._span: Span | None = None
        self._is_statement = False
        self._positions: dict[Position, int] = {}
        self._last_position: int | None = None

    # Positions

    def at(self, span: Span) -> None:
        """Say where the instructions that follow come from."""
        self._span = span

    @property
    def span(self) -> Span | None:
        """Where the last instructions come from."""
        return self._span

    @property
    def item_count(self) -> int:
        """How many instructions and labels there are."""
        return len(self._items)

    @property
    def border_count(self) -> int:
        """How many labels and ranges of handlers there are."""
        return sum(isinstance(item, CodeLabel) for item in self._items) + len(self._ranges)

    def statement(self, span: Span) -> None:
        """Say that a statement begins, whose first instruction carries its position."""
        self._span = span
        self._is_statement = True

    def _position(self, opcode: Opcode) -> int | None:
        span = self._span
        if span is None or not (self._is_statement or opcode.traps or opcode.form in _VISIBLE_FORMS):
            return None
        self._is_statement = False
        position = Position(self._files.file(span), span.line, span.column)
        number = self._positions.setdefault(position, len(self._positions))
        if number == self._last_position:
            return None
        self._last_position = number
        return number

    # Instructions

    def op(self, mnemonic: str, *immediates: Any) -> None:
        """Append an instruction whose effect is the same everywhere, or polymorphic in the top of a stack."""
        if not self.reachable:
            return
        opcode = BY_NAME[mnemonic]
        effect = fixed_effect(opcode)
        assert effect is not None, f"{mnemonic} needs its effect spelled out"
        bound: dict[str, ValueType] = {}
        for item in reversed(effect.pops):
            found = self._pop(item.bank if isinstance(item, TypeVariable) else item)
            if isinstance(item, TypeVariable):
                bound[item.name] = found
        self._append(opcode, immediates)
        for item in effect.pushes:
            if not isinstance(item, TypeVariable):
                self.push(item)
                continue
            pushed = bound[item.name]
            self.push(pushed.with_null(nullable=False) if item.non_null and isinstance(pushed, RefType) else pushed)

    def typed(
        self, mnemonic: str, immediates: tuple[Any, ...], pops: Sequence[ValueType], pushes: Sequence[ValueType]
    ) -> None:
        """Append an instruction with the given effect."""
        if not self.reachable:
            return
        for item in reversed(pops):
            self._pop(item)
        self._append(BY_NAME[mnemonic], immediates)
        for item in pushes:
            self.push(item)

    def _append(self, opcode: Opcode, immediates: tuple[Any, ...]) -> None:
        self._items.append(_Instruction(opcode, immediates, self._position(opcode)))
        if opcode.ends_block:
            self.reachable = False

    def push(self, value_type: ValueType) -> None:
        """Note a value on its stack."""
        if isinstance(value_type, RefType):
            self.refs.append(value_type)
        else:
            self.prims.append(value_type)

    def _pop(self, kind: Any) -> ValueType:
        is_ref = isinstance(kind, RefType) or getattr(kind, "value", None) == "ref"
        stack: list[Any] = self.refs if is_ref else self.prims
        assert stack, "an operand is missing on the stack"
        found: ValueType = stack.pop()
        return found

    def get(self, local: int) -> None:
        """Push a local."""
        if self.reachable:
            assert self.initialised >> local & 1, f"local {local} is read before it is set"
        self.typed("local.get", (local,), (), (self.locals[local],))

    def set(self, local: int) -> None:
        """Pop into a local."""
        if self.reachable:
            self.typed("local.set", (local,), (self.locals[local],), ())
            self.initialised |= 1 << local

    def drop(self, value_type: ValueType) -> None:
        """Drop the top of a stack."""
        self.op("ref.drop" if isinstance(value_type, RefType) else "prim.drop")

    def new_local(self, value_type: ValueType) -> int:
        """Add a local, not initialised."""
        assert value_type != NULL
        self.locals.append(value_type)
        return len(self.locals) - 1

    def is_initialised(self, local: int) -> bool:
        """Tell whether the local is initialised on every path to here."""
        return bool(self.initialised >> local & 1)

    # Labels

    def label(self, result: ValueType | None = None) -> CodeLabel:
        """Make a label for later: the stacks there are those of now, with a result on top."""
        label = CodeLabel(tuple(self.prims), tuple(self.refs))
        if isinstance(result, RefType):
            label.refs = (*label.refs, result)
        elif result is not None:
            label.prims = (*label.prims, result)
        return label

    def _reach(self, label: CodeLabel) -> None:
        label.initialised = self.initialised if not label.is_reached else label.initialised & self.initialised
        label.is_reached = True

    def _branch_to(self, label: CodeLabel) -> None:
        if label.is_placed:
            final = label.final()
            missing = final.initialised & ~self.initialised
            assert not missing, "a backward branch to a place that needs more locals"
        else:
            self._reach(label)
        label.final().sources += 1

    def jump(self, label: CodeLabel) -> None:
        """Go to a label."""
        if self.reachable:
            self._check_depth(label)
            self._branch_to(label)
            self.typed("jump", (label,), (), ())

    def branch(self, label: CodeLabel, *, when: bool) -> None:
        """Pop an i32; go to the label if it is not 0 (or, ``when`` false, if it is)."""
        if not self.reachable:
            return
        self._pop_condition()
        self._check_depth(label)
        self._branch_to(label)
        mnemonic = "branch.if" if when else "branch.unless"
        last = self._items[-1]
        if isinstance(last, _Instruction) and last.opcode.mnemonic == "i32.eqz" and last.position is None:
            self._items.pop()
            mnemonic = "branch.unless" if when else "branch.if"
        self._append(BY_NAME[mnemonic], (label,))

    def _pop_condition(self) -> None:
        assert self.prims, "a condition is missing on the stack"
        self.prims.pop()

    def branch_null(self, label: CodeLabel) -> None:
        """Go to the label without the reference if it is null; fall through with it, now non-null."""
        if not self.reachable:
            return
        value = self.refs.pop()
        self._check_depth(label)
        self._branch_to(label)
        self._append(BY_NAME["branch.null"], (label,))
        self.refs.append(value.with_null(nullable=False))

    def branch_instance(self, label: CodeLabel, tested: RefType) -> None:
        """Go to the label with the reference as one of a type if it is; fall through with it as it was."""
        if not self.reachable:
            return
        value = self.refs.pop()
        self.refs.append(tested)
        self._check_depth(label)
        self._branch_to(label)
        self._append(BY_NAME["branch.instance"], (label, tested))
        self.refs[-1] = value

    def switch(self, labels: Sequence[CodeLabel]) -> None:
        """Pop an i32; go to the label of that number, to the last for any other number."""
        if not self.reachable:
            return
        self._pop_condition()
        for label in labels:
            self._check_depth(label)
            self._branch_to(label)
        self._append(BY_NAME["switch"], (tuple(labels),))

    def _check_depth(self, label: CodeLabel) -> None:
        assert len(self.prims) == len(label.prims), "a jump with another depth of the primitive stack"
        assert len(self.refs) == len(label.refs), "a jump with another depth of the reference stack"

    def unwind(self, label: CodeLabel) -> None:
        """Drop what a label without result does not expect on the stacks."""
        while self.reachable and len(self.prims) > len(label.prims):
            self.op("prim.drop")
        while self.reachable and len(self.refs) > len(label.refs):
            self.op("ref.drop")

    def place(self, label: CodeLabel) -> None:
        """Put a label here, for jumps that came before."""
        assert not label.is_placed, "a label is placed twice"
        label.is_placed = True
        if self.reachable:
            self._check_depth(label)
            self._reach(label)
        elif label.is_reached:
            self._remove_jump_to(label)
        if not label.is_reached:
            return
        self._put(label)

    def place_backward(self) -> CodeLabel:
        """Put a label here for jumps that come later; both stacks are empty.

        Precondition: control comes here.
        """
        assert self.reachable
        assert not self.prims, "a value on the primitive stack at the head of a loop"
        assert not self.refs, "a value on the reference stack at the head of a loop"
        label = CodeLabel((), ())
        label.is_placed = True
        self._reach(label)
        self._put(label)
        return label

    def place_handler(self, class_index: int, initialised: int) -> CodeLabel:
        """Put the label of a handler here; the exception is on the reference stack."""
        assert not self.reachable
        label = CodeLabel((), (class_ref(class_index),))
        label.is_placed = label.is_reached = True
        label.initialised = initialised
        label.sources = 1
        self._put(label)
        return label

    def resume(self, initialised: int) -> CodeLabel:
        """Put a label here that control reaches from below only, with empty stacks."""
        assert not self.reachable
        label = CodeLabel((), ())
        label.is_placed = label.is_reached = True
        label.initialised = initialised
        self._put(label)
        return label

    def _remove_jump_to(self, label: CodeLabel) -> None:
        last = self._items[-1] if self._items else None
        if isinstance(last, _Instruction) and last.opcode.mnemonic == "jump" and last.immediates[0] is label:
            self._items.pop()
            label.sources -= 1
            if last.position is not None:
                self._last_position = None

    def _put(self, label: CodeLabel) -> None:
        previous = self._items[-1] if self._items else None
        if isinstance(previous, CodeLabel):
            previous.merged_into = label
            label.initialised &= previous.initialised
            label.sources += previous.sources
            self._items[-1] = label
        else:
            self._items.append(label)
        self.prims = list(label.prims)
        self.refs = list(label.refs)
        self.initialised = label.initialised
        self.reachable = True

    # Handlers

    def here(self) -> int:
        """The place between the last instruction and the next, for ``handler``."""
        count = len(self._items)
        return count - 1 if count and isinstance(self._items[-1], CodeLabel) else count

    def handler(self, start: int, end: int, target: CodeLabel, catches: int | None) -> None:
        """Cover a range of places; inner ranges first.  An empty range is left out."""
        self._ranges.append(_Range(start, end, target, catches))

    def covers_code(self, start: int, end: int) -> bool:
        """Tell whether there is an instruction between two places."""
        return any(isinstance(item, _Instruction) for item in self._items[start:end])

    # Result

    def finish(self) -> FinishedCode:
        """Return the encoded body.

        Precondition: control does not run off the end, and everything late is known.
        """
        assert not self.reachable, "control runs off the end of the function"
        self._number_labels()
        out = bytearray()
        offsets: list[int] = []
        labels: list[Label] = []
        lines: list[tuple[int, int]] = []
        for item in self._items:
            offsets.append(len(out))
            if isinstance(item, CodeLabel):
                if item.number >= 0:
                    labels.append(Label(len(out), item.prims, item.refs, *split_mask(item.initialised)))
                continue
            if item.position is not None:
                lines.append((len(out), item.position))
            out += encode_instruction(item.opcode, tuple(map(_resolved, item.immediates)))
        offsets.append(len(out))
        handlers = tuple(
            Handler(offsets[each.start], offsets[each.end], each.target.final().number, each.catches)
            for each in self._ranges
        )
        return FinishedCode(bytes(out), tuple(labels), handlers, tuple(self._positions), _thinned(lines))

    def _number_labels(self) -> None:
        count = 0
        for item in self._items:
            if isinstance(item, CodeLabel) and item.sources > 0:
                item.number = count
                count += 1


def _resolved(immediate: Any) -> Any:
    if isinstance(immediate, CodeLabel):
        number = immediate.final().number
        assert number >= 0, "a jump to a label that was never placed"
        return number
    if isinstance(immediate, tuple) and immediate and isinstance(immediate[0], CodeLabel):
        return tuple(map(_resolved, immediate))
    return immediate.resolve() if hasattr(immediate, "resolve") else immediate


def _thinned(lines: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Leave out entries that repeat the position before them."""
    result: list[tuple[int, int]] = []
    for offset, position in lines:
        if not result or result[-1][1] != position:
            result.append((offset, position))
    return tuple(result)
