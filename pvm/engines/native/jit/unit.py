"""One compilation: a hot function, with the functions that are inlined into it, as a function of LLVM IR.

Compiled code calls the function as ``prototype.py`` says.  Internal code enters it at its beginning or at the head of a
loop, from the frame, by entries that have the handlers' prototype (``entries.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from pvm.engines.native import layout
from pvm.engines.native.code.operations import DESCRIPTOR_POLL_BIT
from pvm.engines.native.code.translator import Point
from pvm.engines.native.interpreter.services import (
    DISPATCH,
    GO_ON,
    POLL_BLOCK,
    POLL_POINT,
    RETURN_EARLY,
    service_index,
)
from pvm.engines.native.jit.activation import Activation, FunctionFacts, kind_of
from pvm.engines.native.jit.calls import emit_call
from pvm.engines.native.jit.copies import back_note, edge, emit_copies, emit_strip_test, plan_copies, way_in
from pvm.engines.native.jit.entries import define_entries
from pvm.engines.native.jit.escape import Plan
from pvm.engines.native.jit.inlining import Inlinable, InliningPlan
from pvm.engines.native.jit.installed import BODY, COUNTS, NEITHER
from pvm.engines.native.jit.lowering import EXTENT, SEGMENT
from pvm.engines.native.jit.prototype import CONVENTION, GONE, parameters, result_type
from pvm.engines.native.jit.strips import StripLowering
from pvm.engines.native.jit.virtual import NOTHING
from pvm.engines.native.linkage import Linkage
from pvm.engines.native.llvm.lowering import ir_type
from pvm.engines.native.llvm.text import FunctionText, ModuleText
from pvm.engines.polls import branch_labels
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.machine import Val
from pvm.isa.types import Bank, ValueType
from pvm.pbc.effects import item_bank

_ONLY_INTERPRETED = frozenset({Form.HYPERCALL, Form.TASK, Form.THROW, Form.UNREACHABLE, Form.TAIL_CALL})


class Unit(StripLowering):
    """The compilation of one function."""

    segment = SEGMENT

    def __init__(
        self,
        module: ModuleText,
        linkage: Linkage,
        root: int,
        inlinable: Inlinable,
        stack: str,
        fuel: str = COUNTS,
        plan: Plan = NOTHING,
        facts: dict[int, FunctionFacts] | None = None,
    ) -> None:
        super().__init__(FunctionText(module), linkage, plan)
        self.counts, self.looks = fuel == COUNTS, fuel != NEITHER
        self.module_text = module
        self.stack = stack
        """The name of the register that is the stack pointer."""
        self.targets = inlinable.targets
        self.inlining = InliningPlan(inlinable, root)
        self.facts: dict[int, FunctionFacts] = {} if facts is None else facts
        self.origins, self.shadows = {}, {}
        self.cost = 0
        self.extent = 0
        """Bytes from the root's frame to the end of the last one of a function that is inlined or called."""
        self.called: dict[int, None] = {}
        """Functions that it may call, in order."""
        self.profile: dict[tuple[int, int], tuple[tuple[int, int], ...]] = {}
        """What calls were seen to call, by function and where they go on in internal code."""
        self.calls = False
        """Whether it calls compiled code."""
        self.activations = 0
        self._left: dict[str, Activation] = {}
        """Activations that have exits, by prefix."""
        self._unwound: dict[str, Activation] = {}
        """Activations that write their frames for an exit, or because what they called has left, by prefix."""
        self.root = Activation(self.facts_of(root), self.new_prefix())
        self.name_activation(self.root)
        signature = self.metadata.module.signatures[self.root.facts.verified.function.signature]
        self.parameter_kinds = tuple(kind_of(each) for each in signature.params)
        self.result_kind = kind_of(signature.results[0]) if signature.results else ""
        self._instruction: Instruction
        self._before: tuple[list[Val], list[Val]] = ([], [])

    def facts_of(self, index: int) -> FunctionFacts:
        """What is known of a function."""
        if index not in self.facts:
            self.facts[index] = FunctionFacts(self.linkage, index, self.targets.cold(index))
        return self.facts[index]

    def new_prefix(self) -> str:
        """What the names of an activation begin with."""
        self.activations += 1
        return f"a{self.activations}"

    # The whole

    def define(self) -> None:
        """Add the function and its entries to the module."""
        text, root = self.text, self.root
        plan_copies(self, root)
        loops = sorted(root.facts.polled)
        for offset in loops:
            self._enter_loop(offset)
        self.emit_blocks(root)
        self._enter_root()
        self._define_exits()
        self.load_shadows()
        cases = " ".join(f"i64 {number}, label %{_loop_label(offset)}" for number, offset in enumerate(loops, 1))
        text.lines[1:1] = [
            *(f"{name} = alloca {type_}" for name, type_ in self.variables.items()),
            "store i64 %fuel, ptr %fuel.v",
            *self.initial_lines(calls=self.calls),
            f"switch i64 %where, label %enter [ {cases} ]" if loops else "br label %enter",
        ]
        segment = str(self.cost) if self.looks else str(-(1 << 62))
        body = text.finish().replace(SEGMENT, segment).replace(EXTENT, str(self.extent))
        # Pages of the native stack are touched one after the other, so that none behind its end is.
        group = self.module_text.group('nounwind noinline "frame-pointer"="none" "probe-stack"="inline-asm"')
        head = f"define {CONVENTION} {result_type(self.result_kind)} @{BODY}({parameters(self.parameter_kinds)})"
        self.module_text.define(f"{head} {group} {{\n{body}\n}}")
        self.define_makers()
        define_entries(self, loops)

    def _enter_root(self) -> None:
        """The beginning: the caller has paid for the first block."""
        text, root = self.text, self.root
        text.block("enter")
        facts = root.facts
        for number, kind in enumerate(self.parameter_kinds):
            self.set(root.local(number), Val(f"%argument{number}", kind))
            self.note_set(root, number)
        live = (1 << len(self.parameter_kinds)) - 1
        poll = POLL_BLOCK if facts.bounded else POLL_POINT
        self._look(facts.translation.entry, live, poll, is_called=True)
        self._enter_block(0, facts.translation.cost & DESCRIPTOR_POLL_BIT - 1)

    def _enter_loop(self, offset: int) -> None:
        """The head of a loop, from a frame; whoever comes has paid for the block."""
        text, root = self.text, self.root
        text.block(_loop_label(offset))
        live = root.facts.live[offset]
        self.read_locals(root, live, self.frame(root), root.facts.ranges[offset])
        self._look(root.facts.points.before[offset].position, live, POLL_POINT, is_called=False)
        self._enter_block(offset, len(root.facts.blocks[offset]))

    def _enter_block(self, offset: int, paid: int) -> None:
        """Go to a block of the root: it counts itself, so that there is one way into it, and gets back what was paid.

        For a block at the beginning that no field of internal code has room for, the caller has paid nothing.
        """
        self.pay(-paid)
        self.text.jump(edge(self.root, offset))

    def _look(self, position: int, live: int, poll: str, *, is_called: bool) -> None:
        """See whether fuel and stack suffice; else internal code goes on at a position of the root.

        The stack does for all frames that there may be, since calls of what is known do not look.
        """
        text, shared = self.text, self.text.fresh_label("scarce")
        fuel, service = self.fuel(), self.wide_variable("%look.service")
        with text.cold(shared):
            target = text.value(f"load i64, ptr {service}")
            self._leave_at(self.root, Point(position, (), ()), live, [], [], target=target)

        def leave_if(flag: str, enough: str, none: str) -> None:
            # Each goes on elsewhere, else LLVM would make one condition of all, which takes longer than the branches.
            cold = text.fresh_label("scarce")
            with text.cold(cold):
                is_empty = text.value(f"icmp slt i64 {fuel}, 0")
                value = text.value(f"select i1 {is_empty}, i64 {service_index(none)}, i64 {service_index(enough)}")
                text.line(f"store i64 {value}, ptr {service}")
                text.jump(shared)
            text.branch_away(flag, cold)

        leave_if(text.value(f"icmp slt i64 {fuel}, {SEGMENT}"), DISPATCH, poll)
        if self.extent > 8 * self.root.facts.frame.size or not is_called:
            end = text.value(f"getelementptr i8, ptr {self.frame(self.root)}, i64 {EXTENT}")
            bound = text.value(f"load i64, ptr {self.word(layout.control_word('stack_limit'))}, align 8")
            limit = text.value(f"getelementptr i8, ptr %cage, i64 {bound}")
            leave_if(text.value(f"icmp ugt ptr {end}, {limit}"), DISPATCH, DISPATCH)
        if self.calls and is_called:
            lowest = text.value(f"load i64, ptr {self.word(layout.control_word('native_limit'))}, align 8")
            leave_if(text.value(f"icmp ult i64 {self.stack_pointer()}, {lowest}"), RETURN_EARLY, RETURN_EARLY)

    def stack_pointer(self) -> str:
        """Where the native stack is (i64)."""
        name = self.module_text.node(f'!"{self.stack}"')
        reader = self.module_text.declare("llvm.read_register.i64", "i64 (metadata)")
        return self.text.value(f"call i64 {reader}(metadata {name})")

    # Blocks

    def emit_inlined(self, activation: Activation) -> None:
        """Enter a function that is inlined, and emit it."""
        plan_copies(self, activation)
        self.text.jump(edge(activation, 0))
        with self.elsewhere():
            self.emit_blocks(activation)

    def emit_blocks(self, activation: Activation) -> None:
        """Emit what can be reached of a function."""
        reached = self._reached(activation)
        if len(reached) > 1:
            self.refuse_uniform()
        self.emit_run(activation, [offset for offset in activation.facts.blocks if offset in reached])
        emit_copies(self, activation, reached)

    def emit_run(self, activation: Activation, offsets: Iterable[int], copy: str = "") -> None:
        """Emit one copy of some blocks, in the order of the code; a first one without a label has no operands."""
        activation.copy, activation.block = copy, -1
        activation.prims.clear()
        activation.refs.clear()
        end = -1
        for offset in offsets:
            self.current = activation
            self._begin_block(activation, offset, falls=offset == end)
            block = activation.facts.blocks[offset]
            end = block[-1].end if self._emit_block(activation, block) else -1
        if end >= 0:
            self._fall(activation, end)
        activation.copy, activation.block = "", -1

    def _reached(self, activation: Activation) -> set[int]:
        """Offsets of the blocks that compiled code can come to."""
        facts = activation.facts
        labels = [label.offset for label in facts.verified.function.labels]
        work = [0, *(facts.polled if activation.parent is None else ())]
        reached: set[int] = set()
        while work:
            offset = work.pop()
            if offset in reached:
                continue
            reached.add(offset)
            block = facts.blocks[offset]
            if offset in facts.cold or any(each.opcode.form in _ONLY_INTERPRETED for each in block):
                continue
            last = block[-1]
            work += [labels[label] for label in branch_labels(last)]
            if not last.opcode.ends_block:
                work.append(last.end)
        return reached

    def _fall(self, activation: Activation, offset: int) -> None:
        """End a block by falling into another one."""
        if offset in activation.facts.labels_at:
            self.put_aside(activation, activation.facts.passed(offset)[0])
        self._go(activation, offset)

    def _go(self, activation: Activation, offset: int) -> None:
        """Go to a block, or where it goes to if it does nothing else: it is paid for here, with what was before."""
        offset, cost = activation.facts.passed(offset)
        if cost:
            self.pay(cost)
        self.text.jump(edge(activation, offset), back_note(self, activation, offset))

    def _begin_block(self, activation: Activation, offset: int, *, falls: bool) -> None:
        text, facts = self.text, activation.facts
        number = facts.labels_at.get(offset)
        if falls:
            self._fall(activation, offset)
        before, activation.block = activation.block, offset
        label = activation.label(offset, activation.copy)
        text.block(label, dominated=falls and number is None and not activation.copy)
        cost = len(facts.blocks[offset])
        self.cost += cost
        if offset in facts.polled:
            if activation.copy:
                self.begin_round(way_in(activation, activation.split[offset]))
            else:
                self._look_at_head(activation, offset)
        self.pay(cost)
        if number is None and not falls and self.strip is None:
            # A branch that is guessed right costs less than a chain of values that waits for its condition.
            text.line(f"call void {text.module.declare('llvm.sideeffect', 'void ()')}()")
        if number is not None:
            operands = facts.verified.function.labels[number]
            activation.prims[:] = [Val("", kind_of(each)) for each in operands.prims]
            activation.refs[:] = [Val("", "ref") for _ in operands.refs]
            self.take_back(activation, offset)
        elif not falls and not activation.copy and activation.split.get(before) is not activation.split.get(offset):
            self.take_back(activation, offset)  # other copies of the block before come here too

    def pay(self, cost: int) -> None:
        """Count a block; less than 0 takes it back."""
        self.set_fuel(self.after_paying(str(cost)))

    def after_paying(self, cost: str) -> str:
        """What is left of the fuel."""
        return self.text.value(f"sub i64 {self.fuel()}, {cost}") if self.counts else self.fuel()

    def _look_at_head(self, activation: Activation, offset: int) -> None:
        """At the head of a loop, unpaid for: internal code takes over if the fuel may not suffice for what follows."""
        self.refuse_strip()
        text, facts = self.text, activation.facts
        cold = text.fresh_label("scarce")
        fuel = self.fuel()
        with text.cold(cold):
            stub = facts.translation.stubs[facts.labels_at[offset]]
            target = str(service_index(DISPATCH))
            self._leave_at(activation, Point(stub, (), ()), facts.live[offset], [], [], target=target)
        text.branch_away(text.value(f"icmp slt i64 {fuel}, {SEGMENT}"), cold)

    def _emit_block(self, activation: Activation, block: list[Instruction]) -> bool:
        """Emit the instructions; whether control falls out of the end.

        Exits go back to the last instruction before which something changed, if that is not the one that
        exits: internal code does a few things again, and all of the exits in between are one.
        """
        if activation.block in activation.facts.cold:
            self._begin_stretch(block[0])
            self.leave_before()
            return False
        changed = True
        for instruction in block:
            self.place = activation.block, instruction.offset
            form = instruction.opcode.form
            if changed or form in _ONLY_INTERPRETED or _may_stop_halfway(instruction):
                self._begin_stretch(instruction)
            self.begin()
            if form in _ONLY_INTERPRETED:
                self.leave_before()
                return False
            self._emit(activation, instruction)
            changed = _changes_something(instruction)
        return not block[-1].opcode.ends_block and block[-1].opcode.form not in {Form.BRANCH, Form.BRANCH_REF}

    def _begin_stretch(self, instruction: Instruction) -> None:
        """Let exits go back to an instruction that is about to be emitted."""
        self._instruction = instruction
        self._before = list(self.current.prims), list(self.current.refs)
        self.share_no_exit()

    def _emit(self, activation: Activation, instruction: Instruction) -> None:
        form = instruction.opcode.form
        if form in {Form.SIMPLE, Form.ALLOCATE}:
            is_last = instruction.end == activation.facts.blocks[activation.block][-1].offset
            if is_last and self.is_strip_test(activation):
                self.note_comparison(*activation.prims[-2:])
            self._straight(activation, instruction)
        else:
            _FORMS[form](self, activation, instruction)

    def _straight(self, activation: Activation, instruction: Instruction) -> None:
        opcode = instruction.opcode
        operands = self.pop(activation, instruction)
        assert opcode.semantics is not None
        results = opcode.semantics(self, *instruction.immediates, *operands)
        self.end()
        for result in results if isinstance(results, tuple) else () if results is None else (results,):
            (activation.refs if result.kind == "ref" else activation.prims).append(result)

    def pop(self, activation: Activation, instruction: Instruction) -> list[Val]:
        """Pop the operands of an instruction, in the order of its effect."""
        function = activation.facts.verified.function
        effect = self.linkage.resolver.resolve(function, instruction.opcode, instruction.immediates)
        popped = [
            (activation.refs if item_bank(item) is Bank.REF else activation.prims).pop()
            for item in reversed(effect.pops)
        ]
        return popped[::-1]

    @contextmanager
    def attempt(self, refused: type[Exception]) -> Iterator[None]:
        """Emit something that is forgotten if it turns out to be refused, which is raised again."""
        mark, cost = self.text.mark(), self.cost
        exits = dict(self._left), dict(self._unwound)
        try:
            yield
        except refused:
            self.text.rewind(mark)
            self._left, self._unwound = exits
            self.cost = cost
            raise

    @contextmanager
    def elsewhere(self) -> Iterator[None]:
        """Emit another function in the middle of an instruction, which goes on afterwards."""
        kept = self.current, self._instruction, self._before, self.place
        try:
            yield
        finally:
            self.current, self._instruction, self._before, self.place = kept
            self.share_no_exit()
            self.begin()

    # Leaving

    def leave_before(self) -> None:
        activation, instruction = self.current, self._instruction
        point = activation.facts.points.before[instruction.offset]
        live = activation.facts.live[instruction.offset]
        self._leave_at(activation, point, live, *self._before, target=str(service_index(RETURN_EARLY)))

    def leave_after(self, activation: Activation, instruction: Instruction) -> None:
        """End the block by going on behind a call in internal code; its result is on the stack."""
        facts = activation.facts
        point = facts.points.after[instruction.offset]
        live = facts.live.get(instruction.end, 0)
        if point.result >= 0:
            # Internal code has stored it already where the next instruction would.
            slot = int.from_bytes(facts.translation.code[point.result : point.result + 2], "little")
            is_ref = kind_of(self._result_type(activation, instruction)) == "ref"
            items = point.refs if is_ref else point.prims
            changed = (*items[:-1], slot)
            point = point._replace(refs=changed) if is_ref else point._replace(prims=changed)
            live &= ~sum(1 << number for number, known in enumerate(facts.frame.locals) if known == slot)
        target = str(service_index(GO_ON))
        self._leave_at(activation, point, live, activation.prims, activation.refs, target=target)

    def _result_type(self, activation: Activation, instruction: Instruction) -> ValueType:
        function = activation.facts.verified.function
        return self.linkage.resolver.signature_of(function, instruction.opcode, instruction.immediates).results[0]

    def _leave_at(
        self, activation: Activation, point: Point, live: int, prims: list[Val], refs: list[Val], *, target: str
    ) -> None:
        """Leave for a service, by its place (i64) in the dispatch table, which goes on with internal code at a point.

        An activation writes the values of its own frame; the rest is code that all its exits share.
        """
        text = self.text
        self.write_values(activation, point, live, prims, refs)
        text.line(f"store i64 {point.position}, ptr {self.wide_variable('%leave.position')}")
        text.line(f"store i64 {target}, ptr {self.word(layout.control_word('leave_for'))}, align 8")
        self._left.setdefault(activation.prefix, activation)
        text.jump(f"{activation.prefix}.leave")

    def unwind(self, activation: Activation, instruction: Instruction, frame: str, descriptor: str) -> None:
        """End the block where a call has left: write the header of its frame (ptr), and what is around it."""
        point = activation.facts.points.after[instruction.offset]
        live = activation.facts.live_across(instruction)
        self.write_values(activation, point, live, activation.prims, activation.refs)
        self.write_callee(activation, point.position, frame, descriptor)
        self.text.jump(self._unwinding(activation))

    def _unwinding(self, activation: Activation) -> str:
        """The label of the code that finishes the frame of an activation, whose values are written, and leaves."""
        self._unwound.setdefault(activation.prefix, activation)
        return f"{activation.prefix}.unwind"

    def wide_variable(self, name: str) -> str:
        """A variable of 64 bits."""
        self.variables[name] = "i64"
        return name

    def _define_exits(self) -> None:
        """Emit what exits share, innermost first: writing a frame may need what is around it."""
        text = self.text
        for activation in self._left.values():
            text.block(f"{activation.prefix}.leave")
            position = text.value(f"load i64, ptr {self.wide_variable('%leave.position')}")
            pc = text.value(f"add i64 {self.text_address(activation)}, {position}")
            here = text.value(f"ptrtoint ptr {self.frame(activation)} to i64")
            base = text.value(f"sub i64 {here}, {text.value('ptrtoint ptr %cage to i64')}")
            for word, value in (("pc", pc), ("base", base), ("fuel_left", self.fuel())):
                text.line(f"store i64 {value}, ptr {self.word(layout.control_word(word))}, align 8")
            text.jump(self._unwinding(activation))
        done: set[str] = set()
        while pending := [each for prefix, each in self._unwound.items() if prefix not in done]:
            for activation in pending:
                done.add(activation.prefix)
                text.block(f"{activation.prefix}.unwind")
                if activation.parent is None:
                    text.line(f"ret {self._returned(GONE)}")
                else:
                    self.write_header(activation, activation.parent)
                    self.write_parent(activation)
                    text.jump(self._unwinding(activation.parent))

    # Control

    def branch(self, activation: Activation, instruction: Instruction) -> None:
        """``branch.if`` and ``branch.unless``."""
        assert instruction.opcode.semantics is not None
        if self.is_strip_test(activation):
            emit_strip_test(self, activation)
            return
        flag = instruction.opcode.semantics(self, 0, activation.prims.pop())
        self._branch_on(activation, instruction, flag.raw)

    def _branch_on(self, activation: Activation, instruction: Instruction, flag: str) -> None:
        """Go to the label or on; the operands that are left go along."""
        target = activation.facts.verified.function.labels[branch_labels(instruction)[0]].offset
        self.put_aside(activation, target, instruction.end)
        note = back_note(self, activation, target, instruction.end).removeprefix(", ")
        self.text.branch(flag, edge(activation, target), edge(activation, instruction.end), note)

    def branch_ref(self, activation: Activation, instruction: Instruction) -> None:
        """The branches that test a reference and keep it on one side or both."""
        value = activation.refs[-1]
        match instruction.opcode.mnemonic:
            case "branch.null":
                self._branch_on(activation, instruction, self.raw(self.is_null(value)))
            case "branch.non_null":
                flag = self.negate(self.is_null(value))
                self._branch_on(activation, instruction, self.raw(flag))
                activation.refs.pop()
            case _:
                flag = self.is_instance(value, instruction.immediates[1])
                self._branch_on(activation, instruction, self.raw(flag))

    def jump(self, activation: Activation, instruction: Instruction) -> None:
        """``jump``."""
        offset = activation.facts.verified.function.labels[instruction.immediates[0]].offset
        self.put_aside(activation, activation.facts.passed(offset)[0])
        self._go(activation, offset)

    def switch(self, activation: Activation, instruction: Instruction) -> None:
        """``switch``."""
        index = activation.prims.pop()
        labels = activation.facts.verified.function.labels
        offsets = [labels[label].offset for label in instruction.immediates[0]]
        self.put_aside(activation, *offsets)
        targets = [edge(activation, offset) for offset in offsets]
        arms = " ".join(f"i32 {number}, label %{label}" for number, label in enumerate(targets[:-1]))
        self.text.line(f"switch i32 {index.raw}, label %{targets[-1]} [ {arms} ]")

    def leave_function(self, activation: Activation, instruction: Instruction) -> None:
        """``return``."""
        results = self.pop(activation, instruction)
        if activation.parent is not None:
            if results:
                self.set(activation.result, results[0])
            self.text.jump(activation.done)
            return
        for each in results:
            self.escape(each)
        self.text.line(f"ret {self._returned(self.fuel(), *(self.raw(each) for each in results))}")

    def _returned(self, fuel: str, result: str = "poison") -> str:
        """What the function returns, with its type."""
        type_ = result_type(self.result_kind)
        if not self.result_kind:
            return f"{type_} {fuel}"
        first = self.text.value(f"insertvalue {type_} poison, i64 {fuel}, 0")
        return f"{type_} {self.text.value(f'insertvalue {type_} {first}, {ir_type(self.result_kind)} {result}, 1')}"

    def call(self, activation: Activation, instruction: Instruction) -> None:
        """Calls, which have a module of their own."""
        emit_call(self, activation, instruction)


def _loop_label(offset: int) -> str:
    """The label where internal code enters a loop."""
    return f"loop{offset}"


def _may_stop_halfway(instruction: Instruction) -> bool:
    """Whether an instruction may leave after it has changed something: it alone can be executed again."""
    return instruction.opcode.form is Form.CALL or instruction.opcode.mnemonic in {"array.copy", "array.fill"}


def _changes_something(instruction: Instruction) -> bool:
    """Whether it matters that an instruction is not executed again."""
    opcode = instruction.opcode
    return opcode.form is not Form.SIMPLE or not opcode.effect.pushes or opcode.mnemonic == "local.tee"


_FORMS: dict[Form, Callable[[Unit, Activation, Instruction], None]] = {
    Form.BRANCH: Unit.branch,
    Form.BRANCH_REF: Unit.branch_ref,
    Form.JUMP: Unit.jump,
    Form.SWITCH: Unit.switch,
    Form.RETURN: Unit.leave_function,
    Form.CALL: Unit.call,
}
