"""A machine that knows only types: it runs verified code on random paths and tests everything.

A primitive is its ``Prim``, a reference is None for null or the exact type of what it points at.  Where
the real machine would compute, this one picks any value of the declared type; where it would branch
or trap, it picks a way.  It tests at each step what engines take for granted, and shares with the
verifier the table of effects alone.
"""

from __future__ import annotations

from random import Random

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.types import NULL, STRING, TASK, ArrayKind, Bank, HeapKind, Prim, RefType, ValueType, array_ref
from pvm.pbc.effects import EffectResolver, TypeVariable, item_bank
from pvm.pbc.subtyping import is_subtype
from pvm.verify import VerifiedFunction, VerifiedModule

Value = Prim | RefType | None
_UNSET = object()


class PathEnds(Exception):
    """The path is over: returned, trapped, or a value is needed of a type that has none."""


class Simulation:
    """Runs one function on one random path."""

    def __init__(self, verified: VerifiedModule, function: VerifiedFunction, random: Random) -> None:
        self.verified = verified
        self.module = verified.module
        self.function = function
        self.random = random
        self.effects = EffectResolver(verified.module, verified.layouts)
        self.labels = function.function.labels
        self.declared = {each.offset: each for each in self.labels}
        self.at = {each.offset: index for index, each in enumerate(function.instructions)}
        params = self.module.signatures[function.function.signature].params
        self.locals: list[object] = [self.any_of(each) for each in params]
        self.locals += [_UNSET] * (len(function.local_types) - len(params))
        self.stacks: dict[Bank, list[Value]] = {Bank.PRIM: [], Bank.REF: []}
        self.next = 0

    def run(self, steps: int) -> None:
        try:
            for _ in range(steps):
                self.step()
        except PathEnds:
            return

    # Values

    def is_of(self, value: Value, expected: ValueType) -> bool:
        return is_subtype(self.verified.hierarchy, NULL if value is None else value, expected)

    def any_of(self, expected: ValueType) -> Value:
        if isinstance(expected, Prim):
            return expected
        if expected.nullable and self.random.random() < 0.4:
            return None
        choices: list[RefType] = []
        if expected.kind in {HeapKind.ANY, HeapKind.CLASS}:
            choices = [
                each.type for each in self.verified.layouts if each.is_concrete and self.is_of(each.type, expected)
            ]
        if expected.kind is HeapKind.ANY:
            choices += [STRING, TASK, array_ref(ArrayKind.REF), array_ref(ArrayKind.U8)]
        elif expected.kind is not HeapKind.CLASS:
            choices = [expected.with_null(nullable=False)]
        if not choices:
            raise PathEnds
        return self.random.choice(choices)

    def pop(self, item: ValueType | TypeVariable) -> Value:
        stack = self.stacks[item_bank(item)]
        assert stack, "pops from an empty stack"
        value = stack.pop()
        if not isinstance(item, TypeVariable):
            assert self.is_of(value, item), f"{value} where {item} is expected"
        elif item.name == "anyarray":
            assert value is not None
            assert isinstance(value, RefType)
            assert value.kind is HeapKind.ARRAY
        return value

    def push(self, value: Value) -> None:
        bank = Bank.PRIM if isinstance(value, Prim) else Bank.REF
        self.stacks[bank].append(value)
        limit = self.function.max_prims if bank is Bank.PRIM else self.function.max_refs
        assert len(self.stacks[bank]) <= limit, "deeper than measured"

    # Steps

    def step(self) -> None:
        assert self.next < len(self.function.instructions), "runs off the end"
        instruction = self.function.instructions[self.next]
        self.check_declared(instruction.offset)
        if self.random.random() < 0.1 and self.module.throwable is not None:
            self.throw(instruction.offset)
            return
        self.next += 1
        name = instruction.opcode.mnemonic
        if name.startswith("local."):
            self.local(name, instruction.immediates[0])
        elif instruction.opcode.form in {Form.SIMPLE, Form.ALLOCATE, Form.CALL, Form.HYPERCALL, Form.TASK}:
            self.straight(instruction)
        else:
            self.control(instruction)

    def check_declared(self, offset: int) -> None:
        """Engines take what a label declares as given, however control came to it."""
        label = self.declared.get(offset)
        if label is None:
            return
        for bank, types in ((Bank.PRIM, label.prims), (Bank.REF, label.refs)):
            assert len(self.stacks[bank]) == len(types), "another depth than the label declares"
            assert all(self.is_of(value, each) for value, each in zip(self.stacks[bank], types, strict=True))
        for index in set(range(label.locals)) - set(label.gaps):
            assert self.locals[index] is not _UNSET, f"local {index} is not set where the label says so"

    def local(self, name: str, index: int) -> None:
        expected = self.function.local_types[index]
        if name == "local.get":
            value = self.locals[index]
            assert value is not _UNSET, f"local {index} is read before it is set"
            assert self.is_of(value, expected)  # type: ignore[arg-type]
            self.push(value)  # type: ignore[arg-type]
            return
        self.locals[index] = value = self.pop(expected)
        if name == "local.tee":
            self.push(value)

    def straight(self, instruction: Instruction) -> None:
        opcode, immediates, _, _ = instruction
        effect = self.effects.resolve(self.function.function, opcode, immediates)
        popped = [self.pop(item) for item in reversed(effect.pops)][::-1]
        bound = {
            item.name: value for item, value in zip(effect.pops, popped, strict=True) if isinstance(item, TypeVariable)
        }
        if opcode.mnemonic in {"call.virtual", "call.interface"}:
            self.dispatch(immediates[0], next(value for value in popped if not isinstance(value, Prim)))
        for item in effect.pushes:
            if isinstance(item, TypeVariable):
                value = bound[item.name]
                if item.non_null and value is None:
                    raise PathEnds
            elif opcode.mnemonic == "ref.cast":
                value = popped[0]
                if not self.is_of(value, item):
                    raise PathEnds
            elif opcode.mnemonic == "ref.select":
                value = self.random.choice(popped[:2])
            elif opcode.mnemonic in {"object.new", "object.new_default"}:
                assert self.verified.layouts[immediates[0]].is_concrete
                value = item
            else:
                value = self.any_of(item)
            self.push(value)

    def dispatch(self, method: tuple[int, int], receiver: Value) -> None:
        static = self.verified.layouts[method[0]]
        slot = static.slots[method[1]]
        assert isinstance(receiver, RefType)
        assert receiver.kind is HeapKind.CLASS
        dynamic = self.verified.layouts[receiver.index]
        reached = dynamic.dispatch[slot.name] if static.is_interface else dynamic.vtable[method[1]]
        assert reached is not None, "calls a method that has no function"
        signature = self.module.signatures[self.module.functions[reached].signature]
        promised = self.module.signatures[slot.signature]
        assert self.is_of(receiver, signature.params[0]), "the function does not take the receiver"
        assert (signature.params[1:], signature.results) == (promised.params[1:], promised.results)

    def control(self, instruction: Instruction) -> None:
        opcode, immediates, offset, _ = instruction
        effect = self.effects.resolve(self.function.function, opcode, immediates)
        popped = [self.pop(item) for item in reversed(effect.pops)][::-1]
        match opcode.form:
            case Form.JUMP:
                self.jump(immediates[0], offset)
            case Form.BRANCH:
                if self.random.random() < 0.5:
                    self.jump(immediates[0], offset)
            case Form.SWITCH:
                self.jump(self.random.choice(immediates[0]), offset)
            case Form.BRANCH_REF:
                self.branch_on(opcode.mnemonic, immediates, popped[0], offset)
            case Form.THROW:
                self.throw(offset, popped[0])
            case _:
                raise PathEnds

    def branch_on(self, name: str, immediates: tuple[object, ...], value: Value, offset: int) -> None:
        target = immediates[0]
        assert isinstance(target, int)
        if name == "branch.null":
            if value is None:
                self.jump(target, offset)
            else:
                self.push(value)
        elif name == "branch.non_null":
            if value is not None:
                self.push(value)
                self.jump(target, offset)
        else:
            wanted = immediates[1]
            assert isinstance(wanted, RefType)
            self.push(value)
            if self.is_of(value, wanted):
                self.jump(target, offset)

    def jump(self, label: int, offset: int) -> None:
        declared = self.labels[label]
        if declared.offset <= offset:
            assert not self.stacks[Bank.PRIM] + self.stacks[Bank.REF], "a backward branch with values on a stack"
        self.next = self.at[declared.offset]

    def throw(self, offset: int, exception: Value = None) -> None:
        """The innermost handler that covers the offset and takes the class is the first in the table."""
        root = self.module.throwable
        assert root is not None
        root_type = self.verified.layouts[root].type
        thrown = self.any_of(root_type) if exception is None else exception
        assert self.is_of(thrown, root_type)
        for handler in self.function.function.handlers:
            caught = self.verified.layouts[root if handler.catches is None else handler.catches].type
            if handler.start <= offset < handler.end and self.is_of(thrown, caught):
                self.stacks = {Bank.PRIM: [], Bank.REF: []}
                self.push(thrown)
                self.next = self.at[self.labels[handler.target].offset]
                return
        raise PathEnds
