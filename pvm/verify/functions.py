"""The pass over one function: every instruction once, in order, with the types on both stacks.

Labels declare the state at each place that control can come to other than by falling through, so
there is nothing to iterate: a branch is compared with what its label declares, and after a label
only the declaration counts.  The inner loop is written for speed; what it looks up is explained in
``pvm.verify.states`` and ``pvm.verify.actions``, and everything that can fail is out of line.
"""

from __future__ import annotations

from typing import Any

from pvm.errors import FormatError, VerifyError
from pvm.isa.encoding import Instruction, decode_code
from pvm.isa.instruction import ENDS_BLOCK, Form, Opcode
from pvm.isa.types import ValueType
from pvm.pbc.literals import shown
from pvm.pbc.model import Function
from pvm.verify.actions import PLANS, ActionTable, Plan, check_index
from pvm.verify.labels import HandlerCheck, Landmarks, declare_targets, sort_handlers
from pvm.verify.limits import MAX_BORDER_BITS, MAX_LOCALS
from pvm.verify.rules import Broken, Rule
from pvm.verify.states import State, StepKey
from pvm.verify.verified import VerifiedFunction


def verify_function(actions: ActionTable, index: int) -> VerifiedFunction:
    """Prove one function safe.

    Raises:
        VerifyError: it breaks a rule.
    """
    function = actions.module.functions[index]
    check = _FunctionPass(actions, function, index)
    try:
        return check.run()
    except Broken as broken:
        name = function.name or f"function {index}"
        raise VerifyError(name, check.offset, broken.rule.label, broken.message) from None


class _FunctionPass:
    def __init__(self, actions: ActionTable, function: Function, index: int) -> None:
        self.actions = actions
        self.types = actions.types
        self.states = actions.states
        self.function = function
        self.offset = 0
        """Where the pass is, for errors; up to date wherever one can be raised."""
        self.mark = index
        """What states are marked with that this function has met."""
        self.max_prims = self.max_refs = 0

    def run(self) -> VerifiedFunction:
        function = self.function
        params = self.actions.module.signatures[function.signature].params
        self.local_types: tuple[ValueType, ...] = params + function.locals
        if len(self.local_types) > MAX_LOCALS:
            raise Broken(Rule.LIMITS, f"expected at most {MAX_LOCALS} locals, found {len(self.local_types)}")
        self.local_numbers = [self.types.declare(each) for each in self.local_types]
        borders = len(function.labels) + len(function.handlers)
        if borders * len(self.local_types) > MAX_BORDER_BITS:
            message = f"expected labels and handlers times locals up to {MAX_BORDER_BITS}"
            raise Broken(Rule.LIMITS, f"{message}, found {borders} times {len(self.local_types)}")
        instructions = self._decode()
        self.states.begin_function(len(instructions))
        self.targets = declare_targets(function, len(self.local_types), self.types, self.states)
        handlers = sort_handlers(function)
        check = HandlerCheck(self.actions.module, self.types, self.states)
        for handler in handlers:
            self.offset = handler.start
            check.check(handler, self.targets)
        self.landmarks = Landmarks(self.targets, handlers, len(function.code))
        self.leaders = {0, *(target.offset for target in self.targets)}
        self._walk(instructions, (1 << len(params)) - 1)
        return VerifiedFunction(
            function,
            self.mark,
            instructions,
            frozenset(self.leaders),
            self.max_prims,
            self.max_refs,
            self.local_types,
        )

    def _decode(self) -> tuple[Instruction, ...]:
        try:
            instructions = decode_code(self.function.code)
        except FormatError as error:
            self.offset = error.offset
            raise Broken(Rule.MALFORMED_CODE, error.message) from None
        if not instructions:
            raise Broken(Rule.FALLS_OFF_END, "expected an instruction, found no code")
        return instructions

    def _walk(self, instructions: tuple[Instruction, ...], initialised: int) -> None:
        """Follow the code."""
        numbers = self.local_numbers
        plans, mark = PLANS, self.mark
        fixed, keyed, control, local_get = Plan.FIXED, Plan.KEYED, Plan.CONTROL, Plan.LOCAL_GET
        state = self.states.empty
        stop = self.landmarks.next_offset()
        key: StepKey
        for instruction in instructions:
            opcode, immediates, offset, _ = instruction
            if offset >= stop:
                state, initialised = self._arrive(state, initialised, offset)
                stop = self.landmarks.next_offset()
            plan, key = plans[opcode.code]
            if plan is fixed:
                after = state.step.get(key)
            elif plan is keyed:
                key = (key, immediates)
                after = state.step.get(key)
            elif plan is control:
                state = self._control(state, initialised, instruction)
                continue
            else:
                local = immediates[0]
                if not initialised >> local & 1:
                    if plan is local_get or local >= len(numbers):
                        raise self._no_local(state, local, offset)
                    initialised |= 1 << local
                key = -numbers[local] * 8 - plan
                after = state.step.get(key)
            if after is None:
                after = self._advance(state, key, opcode, immediates, offset)
            state = after
            if state.mark != mark:
                self._measure(state)
        self._finish(state, instructions[-1])

    def _measure(self, state: State) -> None:
        """Meet a state for the first time in this function."""
        state.mark = self.mark
        self.max_prims = max(self.max_prims, state.prim_depth)
        self.max_refs = max(self.max_refs, state.ref_depth)

    def _finish(self, state: State, last: Instruction) -> None:
        self.offset = last.offset
        self.landmarks.finish()
        if state is not self.states.dead:
            message = f"expected an instruction that never falls through, found {last.opcode.mnemonic}"
            raise Broken(Rule.FALLS_OFF_END, message)

    def _arrive(self, state: State, initialised: int, offset: int) -> tuple[State, int]:
        """Pass the labels and range borders that stand at an offset."""
        self.offset = offset
        self.landmarks.leave_ranges(offset)
        label = self.landmarks.take_label(offset)
        if label is not None:
            if state is not self.states.dead:
                self._flow(state, initialised, label)
            state, initialised = self.targets[label].state, self.targets[label].needs
            self._measure(state)
        self.landmarks.enter_ranges(offset, initialised)
        return state, initialised

    def _advance(self, state: State, key: StepKey, opcode: Opcode, immediates: tuple[Any, ...], offset: int) -> State:
        """Find where an action leads that has not been seen in this state, and remember it."""
        self.offset = offset
        self._refuse_dead(state)
        if isinstance(key, int) and key < 0:
            number, plan = divmod(-key, 8)
            action = self.actions.local(plan, number)
        else:
            action = self.actions.of(self.function, opcode, immediates, (key,))
        after = self.actions.apply(state, action)
        self.states.remember(state, key, after)
        return after

    def _refuse_dead(self, state: State) -> None:
        if state is self.states.dead:
            raise Broken(Rule.UNREACHABLE_CODE, "expected a label, found code that control cannot come to")

    def _no_local(self, state: State, local: int, offset: int) -> Broken:
        self.offset = offset
        self._refuse_dead(state)
        check_index(local, len(self.local_types), "local")
        message = f"expected local {local}{self._name_of(local)} initialised, found a path on which it is not"
        return Broken(Rule.UNINITIALISED_LOCAL, message)

    # Control

    def _control(self, state: State, initialised: int, instruction: Instruction) -> State:
        """Do an instruction that can go elsewhere; return the state where it falls through."""
        opcode, immediates, self.offset, _ = instruction
        form = opcode.form
        self._refuse_dead(state)
        if instruction.end < len(self.function.code):
            self.leaders.add(instruction.end)
        match form:
            case Form.BRANCH:
                state = self._step(state, opcode.code, opcode, immediates)
                self._branch(state, initialised, immediates[0])
            case Form.JUMP:
                self._branch(state, initialised, immediates[0])
            case Form.BRANCH_REF:
                before, on = state, immediates[1:]
                state = self._step(before, ("falls", opcode.code, on), opcode, immediates)
                taken = self._step(before, ("taken", opcode.code, on), opcode, immediates, taken=True)
                self._branch(taken, initialised, immediates[0])
            case Form.SWITCH:
                state = self._step(state, opcode.code, opcode, immediates)
                for label in dict.fromkeys(immediates[0]):
                    self._branch(state, initialised, label)
            case Form.RETURN:
                self._step(state, ("return", self.function.signature), opcode, immediates)
            case Form.TAIL_CALL:
                self._step(state, (opcode.code, immediates), opcode, immediates)
                self._check_tail(opcode, immediates)
            case Form.THROW:
                self._step(state, opcode.code, opcode, immediates)
            case _:
                assert form is Form.UNREACHABLE, form
        return self.states.dead if form in ENDS_BLOCK else state

    def _step(
        self, state: State, key: StepKey, opcode: Opcode, immediates: tuple[Any, ...], *, taken: bool = False
    ) -> State:
        after = state.step.get(key)
        if after is None:
            make = self.actions.taken if taken else self.actions.of
            after = self.actions.apply(state, make(self.function, opcode, immediates, (key,)))
            self.states.remember(state, key, after)
        return after

    def _branch(self, state: State, initialised: int, label: int) -> None:
        """Jump to a label from where the pass is."""
        check_index(label, len(self.targets), "label")
        target = self.targets[label]
        if target.offset <= self.offset and target.state is not self.states.empty:
            message = f"label {label}: expected empty stacks at the target of a backward branch"
            found = f"found {target.state.prim_depth} primitives and {target.state.ref_depth} references"
            raise Broken(Rule.BACKWARD_STACK_NOT_EMPTY, f"{message}, {found}")
        self._flow(state, initialised, label)

    def _flow(self, state: State, initialised: int, label: int) -> None:
        target = self.targets[label]
        if state is not target.state:
            self.states.flow(state, target.state, label)
        missing = target.needs & ~initialised
        if missing:
            local = (missing & -missing).bit_length() - 1
            message = f"label {label}: expected local {local}{self._name_of(local)} initialised"
            raise Broken(Rule.UNINITIALISED_LOCAL, f"{message}, found a path on which it is not")

    def _check_tail(self, opcode: Opcode, immediates: tuple[Any, ...]) -> None:
        expected = self.actions.module.signatures[self.function.signature].results
        found = self.actions.effects.signature_of(self.function, opcode, immediates).results
        if found != expected:
            wanted, have = (self.types.text_of(each[0]) if each else "nothing" for each in (expected, found))
            raise Broken(Rule.TAIL_RESULT, f"expected a function that returns {wanted}, found one that returns {have}")

    def _name_of(self, local: int) -> str:
        name = dict(self.function.local_names).get(local)
        return f" ({shown(name)})" if name else ""
