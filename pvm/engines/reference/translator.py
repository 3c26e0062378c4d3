"""Translates one verified function to the source of a Python function.

A bounded function (``pvm.engines.polls``) becomes a plain function that returns its result.  Any
other becomes a generator: it yields the generator of a function that it calls and finds the result
in ``R``, or yields ``SWITCH`` to let the scheduler run another task.  ``F`` holds the fuel budget
whenever control is outside of straight code; inside it is the local ``f``.  Each statement stands on
a line of its own, so that the line number of a frame says which instruction it is at.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from pvm.engines.accounting import TASK_SIZE
from pvm.engines.reference.calls import CallEmitter
from pvm.engines.reference.emitter import PythonEmitter
from pvm.engines.reference.emitter_heap import AlwaysTraps, State
from pvm.engines.reference.expression import Expr, kind_of, variable
from pvm.engines.reference.flow import Block, build_flow, place
from pvm.engines.reference.program import Program, Translation
from pvm.engines.reference.structure import Chunk, Dispatch, Line, Place, Structure, TooDeep
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.traps import TrapKind
from pvm.isa.types import Bank, RefType
from pvm.pbc.effects import EffectItem, TypeVariable, item_bank

MAX_NESTED = 300
"""Blocks that may be nested in each other while they are emitted."""
_RECURSION = 6000
_SINGLE_USE = frozenset({"object.new", "object.new_default", "func.ref", "closure.new"})


class Translator:
    """One function on its way to Python.  ``exact`` checks fuel in every block, not only where it polls."""

    def __init__(self, program: Program, index: int, poll: Callable[[], None], *, exact: bool, strict: bool) -> None:
        self.poll = poll
        self.program = program
        self.verified = program.functions[index]
        self.function = self.verified.function
        self.exact = exact
        self.strict = strict
        self.bounded = program.polls.is_bounded(index)
        self.emitter = PythonEmitter(program, self.verified, strict=strict)
        self.calls = CallEmitter(self.emitter, self.verified, bounded=self.bounded)
        self.entry_kinds: dict[int, tuple[list[str], int]] = {}
        self.place: Place = None
        self.nested = 0
        self.flow = build_flow(self.function, self.verified.instructions)
        self.structure: Structure | Dispatch

    def translate(self) -> Translation:
        """Produce the code."""
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(max(limit, _RECURSION))
        try:
            source, lines = self._source(self._body())
            # A name may hold NUL, which Python refuses, and be of any length.
            name = f"<pvm {self.program.module.name!a:.80} {self.function.name!a:.80}>"
            module = compile(source, name, "exec", dont_inherit=True)
        finally:
            sys.setrecursionlimit(limit)
        code = next(each for each in module.co_consts if hasattr(each, "co_code"))
        catches = tuple(
            (handler.start, handler.end, self.flow.target[handler.target], handler.catches)
            for handler in self.function.handlers
        )
        for *_, caught in catches:
            if caught is not None:
                self.emitter.need(f"B{caught}", "below", caught)
        return Translation(code, source, lines, dict(self.emitter.needs), catches)

    def _body(self) -> Chunk:
        placement = place(self.flow)
        if placement is not None:
            self.structure = Structure(self.flow, placement, self.block)
            try:
                return self.structure.whole(dynamic=self._is_dynamic)
            except TooDeep:
                self.nested = 0
        self.structure = Dispatch(self.flow, self.block)
        return self.structure.whole(dynamic=self._is_dynamic)

    @property
    def _is_dynamic(self) -> bool:
        return bool(self.function.handlers)

    # The frame of the source

    def _source(self, body: Chunk) -> tuple[str, tuple[tuple[int, int] | None, ...]]:
        verified = self.verified
        count = len(self.program.module.signatures[self.function.signature].params)
        parameters = ", ".join([*(f"l{number}" for number in range(count)), "d"])
        head = [
            f"def f{verified.index}({parameters}):",
            f" global {', '.join(['F', 'H', 'R', *sorted(self.emitter.written_globals)])}",
            f" d -= {verified.frame_size}",
            " if d < 0: raise OVERFLOW()",
            " f = F",
        ]
        indent = 1
        tail: list[str] = []
        if self._is_dynamic:
            head += [" b = 0", " while True:", "  try:"]
            indent = 3
            tail = [
                "  except THROWN as e:",
                "   f = F",
                f"   b = CATCH({verified.index}, e)",
                "   if b < 0: raise",
                "   r0 = e.value",
            ]
        kept = [line for line in body.lines if line.text]
        if kept[0].text.startswith("f -= ") and head[-1] == " f = F":
            first = kept.pop(0).text.removeprefix("f -= ")
            head[-1] = f" f = F - {first}" if first.isdigit() else f" f = F - ({first})"
        text = list(head)
        places: list[Place] = [None] * len(head)
        for number, line in enumerate(kept):
            if line.text == "F = f" and text[-1] == " " * (line.indent + indent) + "f = F":
                continue
            text.append(" " * (line.indent + indent) + line.text)
            places.append(line.place)
            deeper = number + 1 < len(kept) and kept[number + 1].indent > line.indent
            if line.text.endswith(":") and not deeper:
                text[-1] += " pass"
        if not self.bounded:
            tail.append(" if False: yield")
        text += tail
        places += [None] * len(tail)
        return "\n".join(text) + "\n", tuple(places)

    # Blocks

    def block(self, number: int, state: State | None) -> Chunk:
        """Emit a block and everything that is inline after it."""
        self.nested += 1
        if self.nested > MAX_NESTED:
            raise TooDeep
        self.poll()
        block = self.flow.blocks[number]
        emitter = self.emitter
        emitter.state = state if state is not None else self._entry_state(block)
        chunk = Chunk()
        self._enter(chunk, block)
        try:
            self._append(chunk, self._contents(block, chunk))
        except AlwaysTraps:
            self._flush(chunk)
        self.nested -= 1
        return chunk

    def _contents(self, block: Block, chunk: Chunk) -> Chunk:
        *plain, last = block.instructions
        falls = last.opcode.form in _STRAIGHT
        for instruction in block.instructions if falls else plain:
            self._mark(instruction.offset)
            self._straight(instruction)
            self._flush(chunk)
        self._mark(last.offset)
        return (
            self._jump(block.number + 1, self.emitter.state) if falls else self._terminator(last, block.number, chunk)
        )

    def _mark(self, offset: int) -> None:
        self.place = (offset, len(self.emitter.state.refs))

    def _flush(self, chunk: Chunk) -> None:
        """Move statements of the emitter to the chunk."""
        chunk.lines += [Line(0, text, self.place) for text in self.emitter.lines]
        self.emitter.lines.clear()

    @staticmethod
    def _append(chunk: Chunk, more: Chunk) -> None:
        chunk.lines += more.lines
        chunk.outs += more.outs

    def _entry_state(self, block: Block) -> State:
        if block.label is not None:
            label = self.function.labels[block.label]
            kinds, depth = [kind_of(each) for each in label.prims], len(label.refs)
        else:
            kinds, depth = self.entry_kinds.get(block.number, ([], 0))
        prims = [variable(f"p{position}", kind) for position, kind in enumerate(kinds)]
        return State(prims, [variable(f"r{position}", "ref") for position in range(depth)])

    def _enter(self, chunk: Chunk, block: Block) -> None:
        """Charge the block, and poll where the rule says so."""
        self._mark(block.offset)
        state, cost = self.emitter.state, len(block.instructions)
        polls = not self.bounded and (block.polls or block.number == 0)
        if not polls and not self.exact:
            state.owed += cost
            return
        chunk.append(f"f -= {cost + state.owed}", self.place)
        state.owed = 0
        if polls:
            chunk.append("if f < 0:", self.place)
            chunk.append("f = POLL_TASK(f)", self.place).indent = 1
            chunk.append("if f < 0: F = f; yield SWITCH; f = F", self.place).indent = 1
        else:
            chunk.append("if f < 0: f = POLL(f)", self.place)

    # Instructions

    def _straight(self, instruction: Instruction) -> None:
        form = instruction.opcode.form
        if form in {Form.SIMPLE, Form.ALLOCATE}:
            results = self._apply(instruction)
            for result in results if isinstance(results, tuple) else () if results is None else (results,):
                self.emitter.state.stack(result.kind).append(result)
        elif form is Form.TASK:
            self._task(instruction)
        else:
            self.calls.emit(instruction)

    def _pop(self, items: Sequence[EffectItem]) -> list[Expr]:
        state = self.emitter.state
        popped = [(state.refs if item_bank(item) is Bank.REF else state.prims).pop() for item in reversed(items)]
        return popped[::-1]

    def _apply(self, instruction: Instruction) -> object:
        """Run the semantics on the popped operands."""
        opcode = instruction.opcode
        effect = self.program.resolver.resolve(self.function, opcode, instruction.immediates)
        operands = self._pop(effect.pops)
        self.emitter.begin(operands)
        if opcode.mnemonic not in _SINGLE_USE:
            for operand, uses in zip(operands, self._uses(instruction, effect.pops), strict=True):
                if uses > 1 and operand.const is None and not operand.raw.isidentifier():
                    self.emitter.settle(operand)
        assert opcode.semantics is not None
        return opcode.semantics(self.emitter, *instruction.immediates, *operands)

    def _uses(self, instruction: Instruction, items: Sequence[EffectItem]) -> tuple[int, ...]:
        """How often the text of each operand appears in what the semantics emit."""
        opcode = instruction.opcode
        variant = instruction.immediates if opcode.mnemonic.startswith(("array.", "ref.", "branch.")) else ()
        key = (opcode.code, str(variant), self.strict)
        known = self.program.uses.get(key)
        if known is None:
            known = self.program.uses[key] = self._count_uses(instruction, items)
        return known

    def _count_uses(self, instruction: Instruction, items: Sequence[EffectItem]) -> tuple[int, ...]:
        scratch = PythonEmitter(self.program, self.verified, strict=self.strict)
        operands = [variable(f"q{number}_", _probe_kind(item)) for number, item in enumerate(items)]
        scratch.begin(operands)
        assert instruction.opcode.semantics is not None
        results = instruction.opcode.semantics(scratch, *instruction.immediates, *operands)
        listed = results if isinstance(results, tuple) else () if results is None else (results,)
        text = "\n".join([*scratch.lines, *(result.raw for result in listed)])
        return tuple(text.count(f"q{number}_") for number in range(len(operands)))

    def _task(self, instruction: Instruction) -> None:
        emitter = self.emitter
        effect = self.program.resolver.resolve(self.function, instruction.opcode, instruction.immediates)
        operands = self._pop(effect.pops)
        emitter.begin(operands)
        emitter.settle_loads()
        match instruction.opcode.mnemonic:
            case "task.spawn":
                emitter.allocate(TASK_SIZE)
                emitter.line(emitter.sync)
                self._result("ref", f"SPAWN({operands[0].raw})")
                emitter.reload()
            case "task.current":
                self._result("ref", "CURRENT()")
            case "task.finished":
                self._result("i32", f"FINISHED({operands[0].raw})")
            case "task.unpark":
                self._around(f"UNPARK({operands[0].raw})")
            case "task.yield":
                self._around("YIELD(); yield SWITCH")
            case "task.park":
                self._around("if PARK(): yield SWITCH")
            case "task.lock":
                emitter.line("LOCK()")
            case mnemonic:
                assert mnemonic == "task.unlock", mnemonic
                self._around("UNLOCK()")

    def _around(self, text: str) -> None:
        self.emitter.line(self.emitter.sync)
        self.emitter.line(text)
        self.emitter.reload()

    def _result(self, kind: str, text: str) -> None:
        stack = self.emitter.state.stack(kind)
        name = self.emitter.slot(kind, len(stack))
        self.emitter.line(f"{name} = {text}")
        stack.append(variable(name, kind))

    # Terminators

    def _terminator(self, last: Instruction, number: int, chunk: Chunk) -> Chunk:
        match last.opcode.form:
            case Form.JUMP:
                return self._jump(self.flow.target[last.immediates[0]], self.emitter.state)
            case Form.BRANCH:
                flag = self._apply(last)
                assert isinstance(flag, Expr)
                self._flush(chunk)
                return self._branch(flag, self.flow.target[last.immediates[0]], number + 1, keep="both")
            case Form.BRANCH_REF:
                return self._branch_ref(last, number, chunk)
            case Form.SWITCH:
                return self._switch(last, chunk)
        self._leave(last)
        self._flush(chunk)
        return Chunk()

    def _leave(self, last: Instruction) -> None:
        """Emit an instruction after which the function does not go on."""
        emitter = self.emitter
        match last.opcode.form:
            case Form.UNREACHABLE:
                emitter.line(f"{emitter.sync}; raise TRAP({int(TrapKind.UNREACHABLE)})")
            case Form.THROW:
                emitter.line(f"{emitter.sync}; raise THROW({emitter.state.refs.pop().raw})")
            case Form.TAIL_CALL:
                self.calls.tail(last)
            case form:
                assert form is Form.RETURN, form
                results = self.program.module.signatures[self.function.signature].results
                value = self._pop(results)[0].raw if results else "None"
                if self.bounded:
                    emitter.line(f"{emitter.sync}; return {value}")
                else:
                    emitter.line(f"R = {value}; {emitter.sync}; return")

    def _jump(self, target: int, state: State) -> Chunk:
        return self.structure.jump(target, state, self._settle, self.place)

    def _settle(self, state: State, target: int) -> list[Line]:
        """Move operands to the variables of their slots, and take the fuel that is owed."""
        lines = [Line(0, f"f -= {state.owed}", self.place)] if state.owed else []
        moves: list[tuple[str, Expr]] = []
        for letter, stack in (("p", state.prims), ("r", state.refs)):
            moves += [
                (f"{letter}{position}", each)
                for position, each in enumerate(stack)
                if each.raw != f"{letter}{position}"
            ]
        self.entry_kinds[target] = ([each.kind for each in state.prims], len(state.refs))
        targets = {name for name, _ in moves}
        if any(targets & (each.names - {name}) for name, each in moves):
            names, values = ", ".join(name for name, _ in moves), ", ".join(each.text for _, each in moves)
            return [*lines, Line(0, f"{names} = {values}", self.place)]
        return lines + [Line(0, f"{name} = {each.raw}", self.place) for name, each in moves]

    def _branch(self, flag: Expr, taken: int, falls: int, *, keep: str, value: Expr | None = None) -> Chunk:
        """Both ways on; ``value`` is a tested reference that is kept on ``keep``: ``taken``, ``falls`` or ``both``."""
        state, place_ = self.emitter.state, self.place
        paths = []
        for way, target, facts in (("taken", taken, flag.if_true), ("falls", falls, flag.if_false)):
            if flag.const is not None and flag.const != (way == "taken"):
                continue
            path = state.clone()
            if value is not None and keep in {way, "both"}:
                path.refs.append(value.clone())
            self.emitter.state, self.place = path, place_
            self.emitter.begin(())
            self.emitter.learn(facts)
            paths.append(self._jump(target, path))
        self.place = place_
        return paths[0] if len(paths) == 1 else self._choose(flag.raw, flag.opposite, paths[0], paths[1])

    def _choose(self, test: str, opposite: str, yes: Chunk, no: Chunk) -> Chunk:
        chunk = Chunk()
        if yes.outs and not no.outs:
            test, opposite, yes, no = opposite, test, no, yes
        chunk.append(f"if {test}:", self.place)
        has_else = bool(yes.outs)
        chunk.lines += yes.indented().lines
        if has_else:
            chunk.append("else:", None)
            no.indented()
        chunk.lines += no.lines
        chunk.outs = yes.outs + no.outs
        return chunk

    def _branch_ref(self, last: Instruction, number: int, chunk: Chunk) -> Chunk:
        emitter = self.emitter
        value = emitter.state.refs.pop()
        emitter.begin((value,))
        if not value.raw.isidentifier():
            emitter.settle(value, len(emitter.state.refs))
        target = self.flow.target[last.immediates[0]]
        if last.opcode.mnemonic == "branch.instance":
            type_ = last.immediates[1]
            assert isinstance(type_, RefType)
            flag, keep = emitter.is_instance(value, type_), "both"
        elif last.opcode.mnemonic == "branch.null":
            flag, keep = emitter.is_null(value), "falls"
        else:
            flag, keep = emitter.negate(emitter.is_null(value)), "taken"
        self._flush(chunk)
        return self._branch(flag, target, number + 1, keep=keep, value=value)

    def _switch(self, last: Instruction, chunk: Chunk) -> Chunk:
        emitter = self.emitter
        index = emitter.state.prims.pop()
        emitter.begin((index,))
        if index.const is not None or not index.raw.isidentifier():
            name = emitter.temporary()
            emitter.line(f"{name} = {index.raw}")
            index = variable(name, "i32")
        self._flush(chunk)
        targets = [self.flow.target[label] for label in last.immediates[0]]
        state, place_ = emitter.state, self.place
        runs: list[tuple[int, Chunk]] = []
        for number, target in enumerate(targets):
            if not number or target != targets[number - 1] or number == len(targets) - 1:
                self.place = place_
                emitter.state = state.clone()
                runs.append((number, self._jump(target, emitter.state)))
        self.place = place_
        *cases, (past, default) = runs
        if not cases:
            return default
        return self._choose(
            f"not 0 <= {index.raw} < {past}", f"0 <= {index.raw} < {past}", default, self._decide(index.raw, cases)
        )

    def _decide(self, index: str, cases: list[tuple[int, Chunk]]) -> Chunk:
        if len(cases) == 1:
            return cases[0][1]
        middle = len(cases) // 2
        first = cases[middle][0]
        lower, upper = self._decide(index, cases[:middle]), self._decide(index, cases[middle:])
        return self._choose(f"{index} < {first}", f"{index} >= {first}", lower, upper)


def _probe_kind(item: EffectItem) -> str:
    if isinstance(item, TypeVariable):
        return "ref" if item.bank is Bank.REF else "i64"
    return kind_of(item)


_STRAIGHT = frozenset({Form.SIMPLE, Form.ALLOCATE, Form.TASK, Form.CALL, Form.HYPERCALL})


def translate(program: Program, index: int, poll: Callable[[], None], *, exact: bool, strict: bool) -> Translation:
    """The translation of a function, made once for all instances; ``poll`` looks at the clock meanwhile."""
    key = (index, exact, strict)
    found = program.translations.get(key)
    if found is None:
        found = program.translations[key] = Translator(program, index, poll, exact=exact, strict=strict).translate()
    return found
