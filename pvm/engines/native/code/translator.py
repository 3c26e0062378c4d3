"""Translates the bytecode of one verified function to internal code, in one pass over its blocks.

Operands stay where they are (``operands.py``); an instruction becomes an operation on slots.  At labels every operand
is in its canonical slot.  A block is charged for on the edges that lead to it; a block that is fallen into has a
``charge`` in front of its label.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from pvm.engines.native import layout
from pvm.engines.native.code.buffer import CodeBuffer, Edge
from pvm.engines.native.code.calls import emit_call, emit_hypercall, emit_runtime, emit_tail
from pvm.engines.native.code.divisors import MIN_DIVISOR, divisor
from pvm.engines.native.code.loops import MAX_JUMP, STEP_TAIL, LoopEnd, Places, emit_loop_end, loop_end
from pvm.engines.native.code.objects import emit_allocation, emit_field
from pvm.engines.native.code.operands import NULL, SMALL, Constant, Operand, OperandStack
from pvm.engines.native.code.operations import (
    BY_OPERATION,
    COMMUTATIVE,
    DIVISIONS,
    FALLEN_POLLS,
    MAX_COST,
    MAX_HALF,
    TAKEN_POLLS,
    TypeShape,
)
from pvm.engines.native.code.seldom import is_seldom
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.translation import Translation
from pvm.engines.polls import backward_targets
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import ENDS_BLOCK, Form
from pvm.isa.types import ARRAY_STORAGE, ArrayKind, Bank, HeapKind, RefType
from pvm.pbc.effects import item_bank

_INVERSE = {"branch.if": "unless", "branch.unless": "if"}


class Point(NamedTuple):
    """A place between two instructions where internal code can be entered: its position, and where operands are.

    Behind a call, ``result`` is where the code says in which slot the result goes, which may be that of
    the local that it is stored in next; -1 if the operand's own slot is right.
    """

    position: int
    prims: tuple[Operand, ...]
    refs: tuple[Operand, ...]
    result: int = -1


class LoopTooLong(Exception):
    """The code between an operation that ends a loop and the test that it stands for is longer than a field can say."""


class Points:
    """Points of one function, by bytecode offset: before each instruction, and after each call."""

    def __init__(self) -> None:
        self.before: dict[int, Point] = {}
        self.after: dict[int, Point] = {}


class Translator:
    """One function on its way to internal code."""

    def __init__(self, linkage: Linkage, index: int, points: Points | None = None, *, max_jump: int = MAX_JUMP) -> None:
        """``max_jump`` is as far as the test of a loop may be from an operation that stands for it, in bytecode."""
        self.linkage = linkage
        self.points = points
        self.max_jump = max_jump
        self.module = linkage.metadata.module
        self.index = index
        self.verified = linkage.metadata.verified.functions[index]
        self.function = self.verified.function
        self.frame = linkage.metadata.frames[index]
        self.buffer = CodeBuffer()
        self.prims = OperandStack(self.buffer, "prim", self.frame.prim_operands)
        self.refs = OperandStack(self.buffer, "ref", self.frame.ref_operands)
        self.bounded = linkage.polls.is_bounded(index)
        self.polled = backward_targets(self.function, self.verified.instructions)
        self.labels_at: dict[int, list[int]] = {}
        for number, label in enumerate(self.function.labels):
            self.labels_at.setdefault(label.offset, []).append(number)
        self.blocks = self._blocks()
        self.costs = {block[0].offset: len(block) for block in self.blocks}
        self.numbers = {block[0].offset: number for number, block in enumerate(self.blocks)}
        self.recent: tuple[int, int] | None = None
        """Where the result field of the instruction before is, and the slot in it."""
        self.freed: list[int] = []
        """Operand slots whose values the instruction at hand has used for the last time."""
        self.arrivals: dict[int, int] = {}
        self.loop_ends: dict[int, list[Places]] = {}
        """Operations that end loops, by where the test is that stands behind them."""
        self.aside: dict[int, tuple[int, int]] = {}
        """Blocks that are put behind all others, since they are seldom executed: how many operands they begin with."""

    # Blocks

    def translate(self) -> Translation:
        """Produce the code."""
        falls = False
        for number, block in enumerate(self.blocks):
            if block[0].offset in self.aside:
                continue
            self._enter(block[0].offset, falls=falls, first=number == 0)
            falls = self._block(number)
        self._blocks_aside()
        first = self._jump(0, self.edge(0))
        targets = {handler.target for handler in self.function.handlers}
        targets |= {number for number, label in enumerate(self.function.labels) if label.offset in self.polled}
        stubs = {label: self._jump(label + 1, self.edge(self.function.labels[label].offset)) for label in targets}
        code = self.buffer.finish()
        return Translation(
            code, self.buffer.labels[0], first, stubs, self._entry_cost(), tuple(self.buffer.sources), self.arrivals
        )

    def _block(self, number: int) -> bool:
        """The code of a block that was begun; whether it falls into the next one without having paid for it."""
        block = self.blocks[number]
        begun = len(self.buffer.data)
        falls = not block[-1].opcode.is_leader_after
        body, following = self._goes_on(number)
        end = loop_end(self, body, following)
        self._body(block if end is None else body[:-STEP_TAIL] if end.has_own_step else body)
        self._place_loop_ends(block[0].offset, begun)
        if block[-1].end in self.aside:
            self.aside[block[-1].end] = len(self.prims.items), len(self.refs.items)
        if end is None:
            return falls
        self._loop_end(end, body, None if falls else block[-1])
        return False

    def _blocks_aside(self) -> None:
        """The blocks that were left out."""
        for offset, (prims, refs) in self.aside.items():
            self.buffer.labels[-offset] = len(self.buffer.data)
            self.prims.reset(prims)
            self.refs.reset(refs)
            self._enter(offset, falls=False, first=False)
            self._body(self.blocks[self.numbers[offset]])

    def _goes_on(self, number: int) -> tuple[list[Instruction], list[list[Instruction]]]:
        """A block without its jump, and the blocks that it goes on with: two at most, none if they are not near."""
        blocks, block = self.blocks, self.blocks[number]
        last = block[-1]
        if not last.opcode.is_leader_after:
            return block, blocks[number + 1 : number + 3]
        if last.opcode.form is not Form.JUMP:
            return block, []
        target = self.function.labels[last.immediates[0]].offset
        if not last.offset < target < last.offset + self.max_jump:
            return block, []
        at = self.numbers[target]
        return block[:-1], blocks[at : at + 2]

    def _jump_unpaid(self, label: int) -> None:
        """A jump to a block that is already paid for."""
        offset = self.function.labels[label].offset
        position = self._jump(label + 1, Edge(0, polls=False))
        self.arrivals[position] = offset

    def _body(self, block: list[Instruction]) -> None:
        """The instructions of a block."""
        for position, instruction in enumerate(block):
            following = block[position + 1] if position + 1 < len(block) else None
            begun = len(self.buffer.data)
            is_last = self._instruction(instruction, following)
            self.buffer.free(begun, self.freed)
            self.freed = []
            if is_last:
                break

    def _loop_end(self, end: LoopEnd, body: list[Instruction], jump: Instruction | None) -> None:
        """How a block ends that goes on with the end of a loop: it falls into it, or there is a jump."""
        if end.has_own_step:
            self._note(body[-STEP_TAIL])
            self.prims.drop(2)
        elif jump is not None:
            self._note(jump)
        self.loop_ends.setdefault(end.test.offset, []).append(emit_loop_end(self, end))
        if jump is not None and end.before.cost:
            self._jump_unpaid(jump.immediates[0])

    def _place_loop_ends(self, offset: int, begun: int) -> None:
        """Fill in where the test of a loop is, whose block is done, in the operations that stand for it.

        Raises:
            LoopTooLong: one of them is further away than they can say.
        """
        for behind, test_at, skipped in self.loop_ends.pop(offset, ()):
            if len(self.buffer.data) - behind > MAX_HALF:
                raise LoopTooLong
            self.buffer.patch_half(test_at, begun - behind)
            self.buffer.patch_half(skipped, len(self.buffer.data) - behind)

    def _blocks(self) -> list[list[Instruction]]:
        blocks: list[list[Instruction]] = []
        leaders = self.verified.leaders
        for instruction in self.verified.instructions:
            if instruction.offset in leaders or not blocks:
                blocks.append([])
            blocks[-1].append(instruction)
        return blocks

    def edge(self, offset: int) -> Edge:
        """What an edge to the block at an offset carries; nothing if the block has an instruction for it."""
        cost = self.costs[offset]
        return Edge(0, polls=False) if cost > MAX_COST else Edge(cost, self._polls(offset))

    def _polls(self, offset: int) -> bool:
        return not self.bounded and (offset in self.polled or offset == 0)

    def _entry_cost(self) -> int:
        edge = self.edge(0)
        return edge.cost | edge.polls << 31

    def _enter(self, offset: int, *, falls: bool, first: bool) -> None:
        """Begin a block, which control may fall into without a branch that has paid for it."""
        labels = self.labels_at.get(offset, ())
        if labels:
            label = self.function.labels[labels[0]]
            if falls:
                self.prims.settle()
                self.refs.settle()
                self._charge(offset)
            self.prims.reset(len(label.prims))
            self.refs.reset(len(label.refs))
        self.recent = None
        position = len(self.buffer.data)
        if first:
            self.buffer.labels[0] = position
        for number in labels:
            self.buffer.labels[number + 1] = position
        self.arrivals[position] = offset
        self.buffer.mark(offset)
        if self.costs[offset] > MAX_COST:
            self.buffer.emit("charge", self.costs[offset], int(self._polls(offset)))
            self.arrivals[len(self.buffer.data)] = offset

    def _charge(self, offset: int) -> None:
        edge = self.edge(offset)
        if edge.cost:
            self.buffer.emit("charge", *edge)

    def _jump(self, label: int, edge: Edge) -> int:
        """A jump to a label, also for the host to enter a block through."""
        name = "jump.poll" if edge.polls else "jump"
        position = self.buffer.emit(name, 0, edge.cost)
        self.buffer.branch_to(BY_OPERATION[name], position, label)
        return position

    # Instructions

    def _instruction(self, instruction: Instruction, following: Instruction | None) -> bool:
        """Translate an instruction; whether the following one was translated with it."""
        self._note(instruction)
        opcode = instruction.opcode
        recent, self.recent = self.recent, None
        direct = _DIRECT.get(opcode.mnemonic)
        if direct is not None:
            direct(self, instruction, recent)
            return False
        if opcode.form in {Form.SIMPLE, Form.ALLOCATE}:
            if following is not None and following.opcode.mnemonic in _INVERSE and self._fuse(instruction, following):
                return True
            self._simple(instruction)
            return False
        _FORMS[opcode.form](self, instruction)
        if self.points is not None and opcode.form is Form.CALL:
            self.points.after[instruction.offset] = self._point()._replace(result=self._result_place())
        return False

    def _note(self, instruction: Instruction) -> None:
        """What follows is the code of an instruction."""
        self.buffer.mark(instruction.offset)
        if self.points is not None:
            self.points.before[instruction.offset] = self._point()

    def _point(self) -> Point:
        return Point(len(self.buffer.data), tuple(self.prims.items), tuple(self.refs.items))

    def _result_place(self) -> int:
        """Where the instruction before has the slot of its result, if that may still change."""
        return -1 if self.recent is None else self.recent[0]

    def operands(self, instruction: Instruction, *, keep_last: bool = False) -> list[int]:
        """Put the operands of an instruction in slots and pop them; their slots in the order of the effect."""
        effect = self.linkage.resolver.resolve(self.function, instruction.opcode, instruction.immediates)
        banks = [item_bank(item) for item in effect.pops]
        if keep_last:
            banks = banks[:-1]
        return self.take(banks)

    def take(self, banks: list[Bank]) -> list[int]:
        """Put the topmost operands, of these banks in the order of the effect, in slots and pop them."""
        depth = {Bank.REF: banks.count(Bank.REF), Bank.PRIM: banks.count(Bank.PRIM)}
        wanted: list[tuple[OperandStack, int]] = []
        for bank in banks:
            wanted.append((self.stack(bank), depth[bank]))
            depth[bank] -= 1
        self.refs.clear_above(banks.count(Bank.REF))
        self.prims.clear_above(banks.count(Bank.PRIM))
        for stack, below in wanted:
            stack.in_slot(below)
        slots = [stack.in_slot(below) for stack, below in wanted]
        self.drop_operands(banks)
        return slots

    def drop_operands(self, banks: list[Bank]) -> None:
        """Pop operands that are in slots, for good: what operand slots among theirs hold is of no use behind this."""
        for stack, count in ((self.refs, banks.count(Bank.REF)), (self.prims, banks.count(Bank.PRIM))):
            slots = stack.items[len(stack.items) - count :]
            stack.drop(count)
            self.freed += [slot for slot in slots if isinstance(slot, int) and not stack.is_needed(slot)]

    def stack(self, bank: Bank) -> OperandStack:
        """The operands of a bank."""
        return self.refs if bank is Bank.REF else self.prims

    def emit_result(self, name: str, bank: Bank, *values: int) -> None:
        """Emit an operation whose first field is its result, and push that."""
        self.stack(bank).clear_above(0)
        slot = self.stack(bank).push_result()
        position = self.buffer.emit(name, slot, *values)
        self.recent = (position + BY_OPERATION[name].field("result").offset, slot)

    def _simple(self, instruction: Instruction) -> None:
        """A straight-line opcode: operands, then one operation."""
        opcode = instruction.opcode
        if opcode.mnemonic in DIVISIONS and self._division(opcode.mnemonic):
            return
        name, extra = self._variant(instruction)
        constant = self._small_operand(f"{name}.k", swap=opcode.mnemonic in COMMUTATIVE)
        slots = self.operands(instruction, keep_last=constant is not None)
        if constant is not None:
            name, extra = f"{name}.k", (constant,)
        if opcode.effect.pushes:
            result = self.linkage.resolver.resolve(self.function, opcode, instruction.immediates).pushes[0]
            self.emit_result(name, item_bank(result), *slots, *extra)
        else:
            self.buffer.emit(name, *slots, *extra)

    def _division(self, mnemonic: str) -> bool:
        """Emit a division by a constant as a multiplication, or with a mask; whether it is one that can be."""
        top = self.prims.items[-1]
        if not isinstance(top, Constant) or top.value is None or top.value < MIN_DIVISOR:
            return False
        self.prims.pop()
        (slot,) = self.take([Bank.PRIM])
        mask = top.value - 1
        if not top.value & mask:
            shift = (mask.bit_length(),) if mnemonic == "i64.div_s" else ()
            self.emit_result(f"{mnemonic}.power", Bank.PRIM, slot, *shift, mask)
            return True
        by = divisor(top.value)
        self.emit_result(f"{mnemonic}.by", Bank.PRIM, slot, by.addend, by.magic, top.value, by.shift)
        return True

    def _small_operand(self, name: str, *, swap: bool) -> int | None:
        """Pop the last operand if it is a small constant and the operation ``name`` takes one."""
        if name not in BY_OPERATION:
            return None
        items = self.prims.items
        if swap and isinstance(items[-2], Constant) and not isinstance(items[-1], Constant):
            self._exchange(self.prims)
        top = items[-1]
        if isinstance(top, Constant) and top.value is not None and top.value in SMALL:
            self.prims.pop()
            return top.value
        return None

    @staticmethod
    def _exchange(stack: OperandStack) -> None:
        upper, lower = stack.pop(), stack.pop()
        stack.push(upper)
        stack.push(lower)

    def _variant(self, instruction: Instruction) -> tuple[str, tuple[int, ...]]:
        """The operation of an opcode with these immediates, and what its fields say of them."""
        mnemonic, immediates = instruction.opcode.mnemonic, instruction.immediates
        if not immediates:
            return mnemonic, ()
        value = immediates[0]
        if isinstance(value, ArrayKind):
            name = f"{mnemonic}.{ARRAY_STORAGE[value]}"
            return name, (layout.array_class(value),) if mnemonic == "array.new" else ()
        if mnemonic in {"ref.instance", "ref.cast"}:
            suffix, extra = self.type_test(value)
            return f"{mnemonic}.{suffix}", extra
        assert mnemonic in {"prim.select", "ref.select"}, mnemonic
        return mnemonic, ()

    def type_test(self, type_: RefType) -> tuple[str, tuple[int, ...]]:
        """The shape of a type test, as in the names of operations, and its fields."""
        metadata = self.linkage.metadata
        null = ".null" if type_.nullable else ""
        interval: tuple[int, ...]
        match type_.kind:
            case HeapKind.ANY:
                return f"{TypeShape.ANY.name.lower()}{null}", ()
            case HeapKind.FUNC:
                return f"{TypeShape.FUNCTION.name.lower()}{null}", (type_.index,)
            case HeapKind.CLASS if self.module.classes[type_.index].is_interface:
                row = metadata.interface_row(type_.index)
                return f"{TypeShape.INTERFACE.name.lower()}{null}", (row, type_.index + 1)
            case HeapKind.CLASS:
                interval = metadata.class_interval(type_.index)
            case HeapKind.ARRAY:
                interval = layout.CLASS_ARRAY + type_.index, 1
            case HeapKind.STRING:
                interval = layout.CLASS_STRING, 1
            case kind:
                assert kind is HeapKind.TASK, kind
                interval = layout.CLASS_TASK, 1
        return f"{TypeShape.INTERVAL.name.lower()}{null}", interval

    # Branches

    def _branch(self, name: str, slots: list[int], label: int, following: int, extra: tuple[int, ...] = ()) -> None:
        """Emit a branch; ``extra`` are the values of fields that come behind those of every branch.

        Precondition: operands that stay are in their canonical slots.
        """
        offset = self.function.labels[label].offset
        if self._is_aside(name, offset, following):
            self.aside[following] = 0, 0
            test, _, comparison = name.partition(".")
            other = f"{'if' if test == 'unless' else 'unless'}.{comparison}"
            self._branch_between(other, slots, (following, -following), offset, extra)
        else:
            self._branch_between(name, slots, (offset, label + 1), following, extra)

    def _branch_between(
        self, name: str, slots: list[int], target: tuple[int, int], following: int, extra: tuple[int, ...] = ()
    ) -> None:
        """Emit a branch to an offset, which is known as a label of the buffer, or on to the block at another offset."""
        offset, to = target
        taken, fallen = self.edge(offset), self.edge(following)
        polls = TAKEN_POLLS * taken.polls | FALLEN_POLLS * fallen.polls
        position = self.buffer.emit(name, *slots, 0, taken.cost, fallen.cost, polls, *extra)
        self.buffer.branch_to(BY_OPERATION[name], position, to)

    def _is_aside(self, name: str, offset: int, following: int) -> bool:
        """Whether the block behind a branch to an offset is put aside: nothing else leads to it, and it leads away.

        Behind the test of a loop that operations before it stand for, they expect the block where it is.
        """
        number = self.numbers[following]
        block, before = self.blocks[number], self.blocks[number - 1]
        last = block[-1]
        leads_away = last.opcode.form in ENDS_BLOCK and last.end == offset
        is_expected = before[0].offset in self.loop_ends or following in self.labels_at
        return leads_away and not is_expected and is_seldom(name, block)

    def _fuse(self, compare: Instruction, branch: Instruction) -> bool:
        """Emit a comparison and the branch behind it as one, if there is such an operation."""
        test = "if" if branch.opcode.mnemonic == "branch.if" else "unless"
        name, extra = self._variant(compare)
        name = f"{test}.{name}"
        if name not in BY_OPERATION:
            return False
        constant = self._small_operand(f"{name}.k", swap=compare.opcode.mnemonic in COMMUTATIVE)
        if constant is not None:
            name = f"{name}.k"
        effect = self.linkage.resolver.resolve(self.function, compare.opcode, compare.immediates)
        banks = [item_bank(item) for item in effect.pops][: -1 if constant is not None else None]
        slots = self._operands_beside_settled(banks)
        if constant is not None:
            slots.append(constant)
        self._branch(name, slots, branch.immediates[0], branch.end, extra)
        return True

    def _operands_beside_settled(self, banks: list[Bank]) -> list[int]:
        """Take operands of a branch after everything below them went to canonical slots."""
        refs, prims = banks.count(Bank.REF), banks.count(Bank.PRIM)
        for stack, count in ((self.refs, refs), (self.prims, prims)):
            for depth in range(count, 0, -1):
                stack.in_slot(depth)
            stack.settle(len(stack.items) - count)
        return self.take(banks)

    def branch(self, instruction: Instruction) -> None:
        """``branch.if`` and ``branch.unless`` on a truth that was stored."""
        slots = self._operands_beside_settled([Bank.PRIM])
        test = "if" if instruction.opcode.mnemonic == "branch.if" else "unless"
        self._branch(f"{test}.true", slots, instruction.immediates[0], instruction.end)

    def branch_ref(self, instruction: Instruction) -> None:
        """The branches that test a reference and keep it on one side or both."""
        mnemonic, label = instruction.opcode.mnemonic, instruction.immediates[0]
        if mnemonic == "branch.null" and instruction.end not in self.labels_at:
            (slot,) = self._operands_beside_settled([Bank.REF])
            target = self.function.labels[label].offset, label + 1
            self._branch_between("if.ref.is_null", [slot], target, instruction.end)
            self.refs.push(slot)
            self.freed.clear()  # whoever falls through goes on with it
            return
        self.refs.settle()
        self.prims.settle()
        slot = self.refs.in_slot(1)
        if mnemonic == "branch.null":
            self._branch("if.ref.is_null", [slot], label, instruction.end)
        elif mnemonic == "branch.non_null":
            self._branch("unless.ref.is_null", [slot], label, instruction.end)
            self.refs.drop(1)
        else:
            suffix, extra = self.type_test(instruction.immediates[1])
            self._branch(f"if.ref.instance.{suffix}", [slot], label, instruction.end, extra)

    def jump(self, instruction: Instruction) -> None:
        """``jump``."""
        self.refs.settle()
        self.prims.settle()
        label = instruction.immediates[0]
        self._jump(label + 1, self.edge(self.function.labels[label].offset))

    def switch(self, instruction: Instruction) -> None:
        """``switch``: the entries follow."""
        slots = self._operands_beside_settled([Bank.PRIM])
        labels = instruction.immediates[0]
        position = self.buffer.emit("switch", slots[0], len(labels))
        for label in labels:
            self.buffer.entry(position, label + 1, self.edge(self.function.labels[label].offset))

    def leave(self, instruction: Instruction) -> None:
        """``return``, ``throw`` and ``unreachable``."""
        match instruction.opcode.form:
            case Form.RETURN:
                slots = self.operands(instruction)
                self.buffer.emit("return.value" if slots else "return.void", *slots)
            case Form.THROW:
                self.buffer.emit("throw", *self.operands(instruction))
            case _:
                self.buffer.emit("unreachable")

    # Variables, constants, stacks

    def local_get(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Push the local's slot."""
        local = instruction.immediates[0]
        self._local_stack(local).push(self.frame.locals[local])

    def _local_stack(self, local: int) -> OperandStack:
        return self.refs if isinstance(self.verified.local_types[local], RefType) else self.prims

    def local_set(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Write a local: by the instruction before, if that made the value."""
        local = instruction.immediates[0]
        stack, slot = self._local_stack(local), self.frame.locals[local]
        item = stack.items[-1]
        if item == slot:
            stack.pop()
            return
        if recent is not None and item == recent[1] and not (stack.is_copied(item) or stack.is_copied(slot)):
            stack.pop()
            self.buffer.patch_half(recent[0], slot)
            return
        stack.detach(slot)
        item = stack.pop()
        if isinstance(item, Constant):
            stack.load(slot, item)
        else:
            self.buffer.emit(f"move.{stack.bank}", slot, item)

    def local_tee(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """As ``local_set``, and the local stays as operand."""
        self.local_set(instruction, recent)
        self.local_get(instruction, None)

    def drop(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Pop."""
        self._named_stack(instruction).pop()

    def dup(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Push the top again."""
        stack = self._named_stack(instruction)
        stack.push(stack.items[-1])

    def swap(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Exchange the two on top."""
        self._exchange(self._named_stack(instruction))

    def _named_stack(self, instruction: Instruction) -> OperandStack:
        return self.refs if instruction.opcode.mnemonic.startswith("ref.") else self.prims

    def constant(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Push a constant."""
        value = instruction.immediates[0]
        match instruction.opcode.mnemonic:
            case "i32.const" | "i64.const":
                self.prims.push(Constant(value, value))
            case "f64.const":
                self.prims.push(Constant(struct.unpack("<q", struct.pack("<d", value))[0]))
            case _:
                self.prims.push(Constant(struct.unpack("<I", struct.pack("<f", value))[0]))

    def null(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Push null."""
        self.refs.push(NULL)

    def nop(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Nothing."""

    def global_get(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Load a global."""
        bank, address = self._global(instruction)
        self.emit_result(f"global.get.{'ref' if bank is Bank.REF else 'prim'}", bank, address)

    def global_set(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Store a global."""
        bank, address = self._global(instruction)
        (slot,) = self.take([bank])
        self.buffer.emit(f"global.set.{'ref' if bank is Bank.REF else 'prim'}", slot, address)

    def _global(self, instruction: Instruction) -> tuple[Bank, int]:
        index = instruction.immediates[0]
        bank = Bank.REF if isinstance(self.module.globals[index].type, RefType) else Bank.PRIM
        return bank, self.linkage.global_address(index)

    def string_const(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Load a string of the constant pool."""
        self.emit_result("string.const", Bank.REF, self.linkage.string_address(instruction.immediates[0]))

    # Calls and services

    def call(self, instruction: Instruction) -> None:
        """Calls of functions and of the runtime image."""
        if instruction.opcode.mnemonic == "call.runtime":
            emit_runtime(self, instruction)
        else:
            emit_call(self, instruction)

    def tail_call(self, instruction: Instruction) -> None:
        """Calls in place of the frame."""
        emit_tail(self, instruction)

    def hypercall(self, instruction: Instruction) -> None:
        """Calls of the kernel and the host."""
        emit_hypercall(self, instruction)

    def task(self, instruction: Instruction) -> None:
        """Operations of the scheduler."""
        mnemonic = instruction.opcode.mnemonic
        slots = self.operands(instruction)
        if not instruction.opcode.effect.pushes:
            self.buffer.emit(mnemonic, *slots)
            return
        self.emit_result(mnemonic, Bank.PRIM if mnemonic == "task.finished" else Bank.REF, *slots)

    def allocation(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Objects and function values."""
        emit_allocation(self, instruction)

    def field(self, instruction: Instruction, recent: tuple[int, int] | None) -> None:
        """Loads and stores of fields."""
        emit_field(self, instruction)


_Direct = Callable[[Translator, Instruction, tuple[int, int] | None], None]
_DIRECT: dict[str, _Direct] = {
    "nop": Translator.nop,
    "local.get": Translator.local_get,
    "local.set": Translator.local_set,
    "local.tee": Translator.local_tee,
    "prim.drop": Translator.drop,
    "ref.drop": Translator.drop,
    "prim.dup": Translator.dup,
    "ref.dup": Translator.dup,
    "prim.swap": Translator.swap,
    "ref.swap": Translator.swap,
    "ref.null": Translator.null,
    "i32.const": Translator.constant,
    "i64.const": Translator.constant,
    "f32.const": Translator.constant,
    "f64.const": Translator.constant,
    "global.get": Translator.global_get,
    "global.set": Translator.global_set,
    "string.const": Translator.string_const,
    "object.new": Translator.allocation,
    "object.new_default": Translator.allocation,
    "func.ref": Translator.allocation,
    "closure.new": Translator.allocation,
    "field.get": Translator.field,
    "field.set": Translator.field,
}
_FORMS: dict[Form, Callable[[Translator, Instruction], None]] = {
    Form.BRANCH: Translator.branch,
    Form.BRANCH_REF: Translator.branch_ref,
    Form.JUMP: Translator.jump,
    Form.SWITCH: Translator.switch,
    Form.CALL: Translator.call,
    Form.TAIL_CALL: Translator.tail_call,
    Form.HYPERCALL: Translator.hypercall,
    Form.TASK: Translator.task,
    Form.RETURN: Translator.leave,
    Form.THROW: Translator.leave,
    Form.UNREACHABLE: Translator.leave,
}


def translate(linkage: Linkage, index: int, points: Points | None = None) -> Translation:
    """Translate a function; fills in ``points`` if there are some."""
    try:
        return Translator(linkage, index, points).translate()
    except LoopTooLong:
        # Little bytecode became much code: calls of many arguments that come from labels, new objects of many fields.
        return Translator(linkage, index, points, max_jump=0).translate()
