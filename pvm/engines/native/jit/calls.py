"""Calls in compiled code: inlined where the callee is known and small, else of its compiled code.

What is not compiled is called by internal code: whoever wants to call it leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from pvm.engines.native import layout
from pvm.engines.native.jit.activation import Activation, kind_of
from pvm.engines.native.jit.image_calls import emit_image_call
from pvm.engines.native.jit.inlining import path_of
from pvm.engines.native.jit.installed import BODY
from pvm.engines.native.jit.profile import likely
from pvm.engines.native.jit.prototype import GONE, call_of, result_type
from pvm.engines.native.jit.targets import MAX_TARGETS
from pvm.engines.native.llvm.lowering import ir_type
from pvm.isa.encoding import Instruction
from pvm.isa.machine import Val
from pvm.isa.types import RefType, Signature

if TYPE_CHECKING:
    from pvm.engines.native.jit.unit import Unit


class Callee(NamedTuple):
    """What is called: a function that is known, or the address of a descriptor (i64), and what it captured."""

    function: int | None
    address: str
    bound: Val | None = None
    """What the function value captured, if it has."""
    candidates: tuple[int, ...] = ()
    """Functions that it may be, if it is not known; maybe not all."""


def emit_call(unit: Unit, activation: Activation, instruction: Instruction) -> None:
    """Emit a call that comes back."""
    mnemonic = instruction.opcode.mnemonic
    if mnemonic == "call.runtime":
        emit_image_call(unit, activation, instruction)
        return
    function = activation.facts.verified.function
    signature = unit.linkage.resolver.signature_of(function, instruction.opcode, instruction.immediates)
    closure = activation.refs.pop() if mnemonic == "call.ref" else None
    arguments = activation.pop_arguments(signature)
    call = _Call(unit, activation, instruction, signature, arguments)
    if mnemonic == "call":
        call.to_known(instruction.immediates[0])
    elif closure is not None:
        call.to_closure(closure)
    else:
        call.to_method()


class _Call:
    """One call; the operands below the arguments are put aside while it runs."""

    def __init__(
        self, unit: Unit, activation: Activation, instruction: Instruction, signature: Signature, arguments: list[Val]
    ) -> None:
        self.unit = unit
        self.text = unit.text
        self.activation = activation
        self.instruction = instruction
        self.signature = signature
        self.arguments = arguments
        self.kind = kind_of(signature.results[0]) if signature.results else ""

    # Kinds of call

    def to_known(self, function: int) -> None:
        """A call of one function."""
        self.unit.put_aside(self.activation, self.instruction.offset)
        if self._may_inline(function):
            done = self.text.fresh_label("done")
            result = self._result_variable()
            self._inline(function, self.arguments, done, result)
            self._go_on(done, result)
        else:
            self._out_of_line(self._known(function), self.arguments)

    def _known(self, function: int) -> Callee:
        return Callee(function, str(self.unit.metadata.descriptor(function)))

    def to_method(self) -> None:
        """A virtual or interface call: compared with the methods that it may reach, if they are few."""
        class_index, slot = self.instruction.immediates[0]
        receiver = next(
            value
            for value, type_ in zip(self.arguments, self.signature.params, strict=True)
            if isinstance(type_, RefType)
        )
        exact = self.unit.exact_class(receiver)
        hierarchy = self.unit.metadata.verified.hierarchy
        if exact is not None and hierarchy.is_subclass(exact, class_index):  # else there was a cast that traps
            self.to_known(self._method_of(exact, class_index, slot))
            return
        targets = self.unit.targets.of_method(class_index, slot)
        if len(targets) == 1:
            self.to_known(targets[0])
            return
        few = len(targets) <= MAX_TARGETS
        if not few:
            targets = tuple(each for each in self._likely() if self.unit.targets.may_be(class_index, slot, each))
        wanted = [each for each in targets if self._may_inline(each)]
        self.unit.put_aside(self.activation, self.instruction.offset)
        self._by_class(receiver, wanted, complete=few and len(wanted) == len(targets))

    def _likely(self) -> list[int]:
        """What the call was seen to reach, most first."""
        facts = self.activation.facts
        position = facts.points.after[self.instruction.offset].position
        return likely(self.unit.profile.get((facts.index, position), ()))

    def _method_of(self, exact: int, class_index: int, slot: int) -> int:
        verified = self.unit.metadata.verified
        name = verified.layouts[class_index].slots[slot].name
        owner = verified.layouts[exact]
        found = owner.dispatch.get(name) if verified.layouts[class_index].is_interface else owner.vtable[slot]
        assert found is not None
        return found

    def _look_up(self, class_id: Val, class_index: int, slot: int) -> str:
        """The address of the descriptor of the method that objects of a class have."""
        unit, text = self.unit, self.text
        owner = unit.metadata.verified.layouts[class_index]
        number = text.value(f"zext i32 {class_id.raw} to i64")
        if owner.is_interface:
            row = unit.metadata.selector_row(owner.slots[slot].name)
            place = text.value(f"add i64 {text.value(f'shl i64 {number}, 2')}, {row}")
        else:
            offset = text.value(f"mul i64 {number}, {layout.CLASS_SIZE}")
            vtable_at = text.value(f"add i64 {offset}, {layout.METADATA_PROGRAM + layout.CLASS_VTABLE}")
            vtable = self._load_address(vtable_at)
            place = text.value(f"add i64 {vtable}, {4 * slot}")
        return self._load_address(place)

    def _load_address(self, place: str) -> str:
        text = self.text
        pointer = text.value(f"getelementptr i8, ptr %cage, i64 {place}")
        return text.value(f"zext i32 {text.value(f'load i32, ptr {pointer}, align 4')} to i64")

    def to_closure(self, closure: Val) -> None:
        """A call of a function value, maybe one that is known."""
        unit, text = self.unit, self.text
        unit.put_aside(self.activation, self.instruction.offset)
        known = unit.exact_function(closure)
        if known is not None and not self._fits(known):
            known = None  # there was a cast that traps
        address, captured = unit.open_closure(closure)
        if known is not None:
            arguments = self._with_captured(known, captured)
            if self._may_inline(known):
                done, result = text.fresh_label("done"), self._result_variable()
                self._inline(known, arguments, done, result)
                self._go_on(done, result)
            else:
                self._out_of_line(self._known(known), arguments)
            return
        result, done = self._result_variable(), text.fresh_label("done")
        if self._compare_closure(address, captured, done, result):
            self._go_on(done, result)
            return
        plain, bound = text.fresh_label("plain"), text.fresh_label("bound")
        is_bound = text.value(f"icmp eq i32 {unit.class_id(closure).raw}, {layout.CLASS_CLOSURE}")
        text.branch(is_bound, bound, plain)
        for label, environment in ((bound, captured), (plain, None)):
            text.block(label)
            callee = Callee(None, address, environment, unit.targets.of_value(self.signature)[:MAX_TARGETS])
            self._out_of_line(callee, self.arguments, done, result)
        self._go_on(done, result)

    def _fits(self, function: int) -> bool:
        """Whether values of the function, with or without something captured, have the signature of the call."""
        module = self.unit.metadata.module
        signature = module.signatures[module.functions[function].signature]
        return self.signature in {signature, signature._replace(params=signature.params[1:])}

    def _with_captured(self, function: int, captured: Val) -> list[Val]:
        """The arguments of a function that is called by a value which captured something, or nothing."""
        module = self.unit.metadata.module
        arguments = list(self.arguments)
        if len(module.signatures[module.functions[function].signature].params) > len(arguments):
            arguments.insert(0, captured)
        return arguments

    def _compare_closure(self, address: str, captured: Val, done: str, result: str) -> bool:
        """Inline the functions that a function value may be of, if they are few; goes on where it is none of them.

        Whether it never goes on, since all are inlined: who has one of the host's leaves.
        """
        unit, text = self.unit, self.text
        targets = unit.targets.of_value(self.signature)
        few = len(targets) <= MAX_TARGETS
        if not few:
            seen = self._likely()
            targets = tuple(each for each in seen if each in targets)
        wanted = [each for each in targets if self._may_inline(each)]
        complete = few and bool(wanted) and len(wanted) == len(targets)
        if not complete or len(wanted) > 1:
            unit.refuse_uniform()
        for place, function in enumerate(wanted):
            flag = text.pure(f"icmp eq i64 {address}, {unit.metadata.descriptor(function)}")
            if complete and place == len(wanted) - 1:
                unit.leave_if(text.pure(f"xor i1 {flag}, true"))
                self._inline(function, self._with_captured(function, captured), done, result)
                break
            yes, no = text.fresh_label("is"), text.fresh_label("other")
            text.branch(flag, yes, no)
            text.block(yes)
            self._inline(function, self._with_captured(function, captured), done, result)
            text.block(no)
        return complete

    def _by_class(self, receiver: Val, wanted: Sequence[int], *, complete: bool) -> None:
        """Compare the receiver's class with those that have the methods; the last needs no test if all are there.

        Only where the classes of a method are no interval, and for a call, the method is looked up.
        """
        unit, text = self.unit, self.text
        unit.refuse_uniform()
        class_index, slot = self.instruction.immediates[0]
        done, result = text.fresh_label("done"), self._result_variable()
        number = unit.class_id(receiver)
        address = ""
        for place, function in enumerate(wanted):
            if complete and place == len(wanted) - 1:
                self._inline(function, self.arguments, done, result)
                break
            yes, no = text.fresh_label("is"), text.fresh_label("other")
            interval = unit.targets.interval(class_index, slot, function)
            if interval is None:
                address = address or self._look_up(number, class_index, slot)
                flag = text.value(f"icmp eq i64 {address}, {unit.metadata.descriptor(function)}")
            else:
                flag = unit.is_in_interval(number, *map(str, interval))
            text.branch(flag, yes, no)
            text.block(yes)
            self._inline(function, self.arguments, done, result)
            text.block(no)
        else:
            address = address or self._look_up(number, class_index, slot)
            candidates = tuple(each for each in unit.targets.of_method(class_index, slot) if each not in wanted)
            self._out_of_line(Callee(None, address, candidates=candidates), self.arguments, done, result)
        self._go_on(done, result)

    # Inlining

    def _may_inline(self, function: int) -> bool:
        unit, activation = self.unit, self.activation
        path = path_of(activation.path, self.instruction.offset, function)
        chain = [each.facts.index for each in activation.chain]
        return unit.inlining.includes(path, chain, function)

    def _inline(self, function: int, arguments: Sequence[Val], done: str, result: str) -> None:
        """Emit the callee in place; control leaves to ``done`` with the result in its variable."""
        unit, parent = self.unit, self.activation
        facts = unit.facts_of(function)
        offset = parent.offset + 8 * parent.facts.frame.size
        unit.extent = max(unit.extent, offset + 8 * facts.frame.size)
        child = Activation(facts, unit.new_prefix(), offset, parent, self.instruction, done, result)
        unit.name_activation(child)
        child.waiting_prims = tuple(each.kind for each in parent.prims)
        child.waiting_refs = len(parent.refs)
        for number, value in enumerate(arguments):
            unit.set(child.local(number), value)
            if number not in facts.written:
                known, exact, raw = unit.exact_function(value), unit.exact_class(value), unit.raw(value)
                if known is not None:
                    child.known[number] = known
                if exact is not None:
                    child.exact[number] = exact
                if raw in unit.texts:
                    child.texts[number] = unit.texts[raw]
            unit.note_set(child, number)
            if number in facts.written:
                continue
            if unit.strip is not None:
                child.values[number] = value
            if unit.raw(value) in unit.origins:
                child.origins[number] = unit.origins[unit.raw(value)]
        unit.emit_inlined(child)

    def _result_variable(self) -> str:
        if not self.kind:
            return ""
        variable = self.unit.variable(f"{self.text.fresh()}.result", self.kind)
        self.unit.name_result(variable, self.activation, self.instruction.offset)
        return variable

    def _go_on(self, done: str, result: str) -> None:
        """Begin what follows the call; the operands that waited are what they were before, on all ways here."""
        self.text.block(done)
        if self.kind:
            value = self.unit.get(result, self.kind)
            (self.activation.refs if self.kind == "ref" else self.activation.prims).append(value)

    # Calls of compiled code

    def _out_of_line(self, callee: Callee, arguments: Sequence[Val], done: str = "", result: str = "") -> None:
        """Emit a call of compiled code, else leave; goes on behind it, or at ``done`` with the result in its variable.

        Nothing is written to frames unless the callee leaves.
        """
        unit, text, activation = self.unit, self.text, self.activation
        unit.refuse_strip()
        unit.calls = True
        unit.called |= dict.fromkeys(callee.candidates if callee.function is None else (callee.function,))
        waiting = list(activation.prims), list(activation.refs)
        frame = text.value(f"getelementptr i8, ptr {unit.frame(activation)}, i64 {8 * activation.facts.frame.size}")
        self._see_to_stack(frame, callee)
        passed = arguments if callee.bound is None else (callee.bound, *arguments)
        for each in passed:
            unit.escape(each)
        typed = [f"{ir_type(each.kind)} {unit.raw(each)}" for each in passed]
        returned = text.value(call_of(self._body(callee), self.kind, frame, self._paid(callee), typed))
        fuel, value = returned, None
        if self.kind:
            type_ = result_type(self.kind)
            fuel = text.value(f"extractvalue {type_} {returned}, 0")
            value = Val(text.value(f"extractvalue {type_} {returned}, 1"), self.kind)
        cold, scarce = text.fresh_label("left"), text.fresh_label("scarce")
        with text.cold(cold):
            gone = text.fresh_label("gone")
            text.branch(text.value(f"icmp eq i64 {fuel}, {GONE}"), gone, scarce)
            text.block(gone)
            unit.unwind(activation, self.instruction, frame, callee.address)
        if value is not None:
            (activation.refs if self.kind == "ref" else activation.prims).append(value)
        with text.cold(scarce):
            unit.set_fuel(fuel)
            unit.leave_after(activation, self.instruction)
        text.branch_away(text.value(f"icmp slt i64 {fuel}, {unit.segment}"), cold)
        unit.set_fuel(fuel)
        if done:
            if value is not None:
                unit.set(result, value)
            text.jump(done)
            activation.prims[:], activation.refs[:] = waiting  # other ways to ``done`` have not come from here

    def _descriptor(self, callee: Callee, offset: int) -> str:
        """A number of the callee's descriptor, as i64."""
        text = self.text
        place = text.value(f"add i64 {callee.address}, {offset}")
        pointer = text.value(f"getelementptr i8, ptr %cage, i64 {place}")
        return text.value(f"zext i32 {text.value(f'load i32, ptr {pointer}, align 4')} to i64")

    def _see_to_stack(self, frame: str, callee: Callee) -> None:
        """Have room for the callee's frame: if it is known, whoever enters the root sees to it."""
        unit, text, activation = self.unit, self.text, self.activation
        if callee.function is not None:
            size = activation.facts.frame.size + unit.metadata.frames[callee.function].size
            unit.extent = max(unit.extent, activation.offset + 8 * size)
            return
        end = text.value(f"getelementptr i8, ptr {frame}, i64 {self._descriptor(callee, layout.FUNCTION_FRAME)}")
        bound = text.value(f"load i64, ptr {unit.word(layout.control_word('stack_limit'))}, align 8")
        limit = text.value(f"getelementptr i8, ptr %cage, i64 {bound}")
        unit.leave_if(text.value(f"icmp ugt ptr {end}, {limit}"))

    def _body(self, callee: Callee) -> str:
        """The function to call; leaves if the callee is not compiled."""
        unit, text = self.unit, self.text
        if callee.function == unit.root.facts.index:
            return f"@{BODY}"
        place = text.value(f"add i64 {callee.address}, {layout.FUNCTION_BODY}")
        pointer = text.value(f"getelementptr i8, ptr %cage, i64 {place}")
        distance = text.value(f"load i32, ptr {pointer}, align 4")
        unit.leave_if(text.value(f"icmp eq i32 {distance}, 0"))
        return text.value(f"getelementptr i8, ptr %table, i64 {text.value(f'sext i32 {distance} to i64')}")

    def _paid(self, callee: Callee) -> str:
        """What is left of the fuel when the callee's first block is paid for."""
        unit = self.unit
        if callee.function is not None:
            cost = unit.facts_of(callee.function).translation.cost & 0x7FFFFFFF
            unit.cost += cost
            return unit.after_paying(str(cost))
        cost_word = self._descriptor(callee, layout.FUNCTION_COST)
        return unit.after_paying(self.text.value(f"and i64 {cost_word}, 2147483647"))
