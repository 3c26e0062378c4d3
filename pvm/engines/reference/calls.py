"""Emits calls of every kind, tail calls and hypercalls.

A bounded callee is called as a Python function; for others the caller yields the generator.  Where
the callee is not known the result says which it was, since no guest value is a generator.
"""

from __future__ import annotations

from pvm.engines.accounting import string_size_text
from pvm.engines.reference.emitter_heap import HeapEmitter
from pvm.engines.reference.expression import GLOBALS, HEAP, Expr, kind_of, variable
from pvm.engines.reference.runtime import BULK_SHIFT
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.types import Bank, Signature, bank_of
from pvm.pbc.model import ImportKind
from pvm.verify.verified import VerifiedFunction


class CallEmitter:
    """Calls in one function."""

    def __init__(self, emitter: HeapEmitter, verified: VerifiedFunction, *, bounded: bool) -> None:
        self.emitter = emitter
        self.verified = verified
        self.program = emitter.program
        self.bounded = bounded

    def emit(self, instruction: Instruction) -> None:
        """Emit a call that falls through with its results."""
        opcode = instruction.opcode
        signature = self._signature(instruction)
        callee = self._pop_callee(instruction)
        arguments = self._pop_arguments(signature)
        self.emitter.begin([*arguments, *([] if callee is None else [callee])])
        if opcode.form is Form.HYPERCALL:
            self._hypercall(instruction.immediates[0], signature, arguments)
            return
        if opcode.mnemonic == "call.runtime" and self._inlined(instruction.immediates[0], arguments):
            return
        self.emitter.settle_loads()
        self.emitter.line(self.emitter.sync)
        name = self._result_name(signature)
        if opcode.mnemonic == "call.runtime":
            index = instruction.immediates[0]
            code = self.emitter.need(f"i{index}", "import", index)
            self.emitter.line(f"{name} = {code}({', '.join(each.raw for each in arguments)})")
        elif opcode.mnemonic == "call":
            self._known(instruction.immediates[0], name, arguments)
        else:
            text = self._unknown(instruction, callee, arguments)
            self.emitter.line(f"{name} = {text}")
            self.emitter.line(f"if type({name}) is GENERATOR: yield {name}; {name} = R")
        self.emitter.reload()
        self._push(signature, name)

    def _signature(self, instruction: Instruction) -> Signature:
        return self.program.resolver.signature_of(self.verified.function, instruction.opcode, instruction.immediates)

    def _pop_callee(self, instruction: Instruction) -> Expr | None:
        if not instruction.opcode.mnemonic.endswith(".ref"):
            return None
        callee = self.emitter.state.refs.pop()
        if not callee.raw.isidentifier():
            self.emitter.begin((callee,))
            self.emitter.settle(callee, len(self.emitter.state.refs))
        return callee

    def _pop_arguments(self, signature: Signature) -> list[Expr]:
        state = self.emitter.state
        popped = [
            (state.refs if bank_of(each) is Bank.REF else state.prims).pop() for each in reversed(signature.params)
        ]
        return popped[::-1]

    def _inlined(self, index: int, arguments: list[Expr]) -> bool:
        """Emit one of the two runtime functions that strings are made of and compared with, in place."""
        name = self.program.module.imports[index].name
        if self.emitter.strict or name not in {"string.concat", "string.equals"}:
            return False
        emitter = self.emitter
        for each in arguments:
            if not each.raw.isidentifier():
                emitter.settle(each)
        a, b = arguments
        if name == "string.equals":
            emitter.charge(Expr(f"1 + (min(len({a.raw}), len({b.raw})) >> {BULK_SHIFT})", "i64"))
            flag = emitter.make(f"{a.raw} == {b.raw}", "flag", (a, b))
            flag.negated = f"{a.raw} != {b.raw}"
            truth = emitter.make(f"1 if {flag.raw} else 0", "i32", (flag,), bounds=(0, 1))
            truth.flag = flag
            emitter.state.prims.append(truth)
            return True
        size = emitter.temporary()
        emitter.line(f"{size} = len({a.raw}) + len({b.raw})")
        cost, bytes_ = f"1 + ({size} >> {BULK_SHIFT})", emitter.temporary()
        emitter.line(f"{bytes_} = {string_size_text(size)}")
        emitter.line(f"H -= {bytes_}")
        emitter.line(f"if H < 0: {emitter.sync}; COLLECT({bytes_})")
        emitter.charge(Expr(cost, "i64"))
        result = emitter.slot("ref", len(emitter.state.refs))
        emitter.line(f"{result} = {a.raw} + {b.raw}")
        emitter.state.refs.append(variable(result, "ref"))
        return True

    def _known(self, index: int, name: str, arguments: list[Expr]) -> None:
        code = self.emitter.need(f"f{index}", "function", index)
        call = f"{code}({_listed(arguments, 'd')})"
        if self.program.polls.is_bounded(index):
            self.emitter.line(f"{name} = {call}")
        else:
            self.emitter.line(f"yield {call}")
            self.emitter.line(f"{name} = R")

    def _unknown(self, instruction: Instruction, callee: Expr | None, arguments: list[Expr]) -> str:
        if callee is None:
            return f"{self._method(instruction, arguments)}({_listed(arguments[1:], 'd')})"
        captured = _listed([Expr(f"{callee.raw}.environment", "ref"), *arguments], "d")
        return (
            f"{callee.raw}.code({captured}) if {callee.raw}.captures else {callee.raw}.code({_listed(arguments, 'd')})"
        )

    def _method(self, instruction: Instruction, arguments: list[Expr]) -> str:
        class_index, slot = instruction.immediates[0]
        name = self.program.layouts[class_index].slots[slot].name
        return f"{arguments[0].text}.{self.program.method_attribute(name)}"

    def _result_name(self, signature: Signature) -> str:
        """The variable of the result; a call without one still gives None to something."""
        if not signature.results:
            return self.emitter.temporary()
        kind = kind_of(signature.results[0])
        return self.emitter.slot(kind, len(self.emitter.state.stack(kind)))

    def _push(self, signature: Signature, name: str) -> None:
        if signature.results:
            kind = kind_of(signature.results[0])
            self.emitter.state.stack(kind).append(variable(name, kind))

    def _hypercall(self, index: int, signature: Signature, arguments: list[Expr]) -> None:
        self.emitter.settle_loads()
        for each in arguments:
            if each.names & {HEAP, GLOBALS}:
                self.emitter.settle(each)
        code = self.emitter.need(f"i{index}", "import", index)
        name = self._result_name(signature)
        call = f"{name} = {code}({_listed(arguments, 'd')})"
        self.emitter.line(self.emitter.sync)
        self.emitter.line(call)
        if self.program.module.imports[index].kind is ImportKind.KERNEL:
            self.emitter.line(f"while {name} is BLOCKED: yield SWITCH; {call}")
        self.emitter.reload()
        self._push(signature, name)

    def tail(self, instruction: Instruction) -> None:
        """Emit a call in place of this frame."""
        signature = self._signature(instruction)
        callee = self._pop_callee(instruction)
        arguments = self._pop_arguments(signature)
        size = self.verified.frame_size
        if callee is not None:
            call = f"TAIL_REF({callee.raw}, d + {size}, ({_listed(arguments, '')}))"
        elif instruction.opcode.mnemonic == "tail.call":
            index = instruction.immediates[0]
            code = self.emitter.need(f"f{index}", "function", index)
            call = f"TAIL({code}, d + {size}, ({_listed(arguments, '')}))"
        else:
            method = self._method(instruction, arguments)
            call = f"TAIL({method}, d + {size}, ({_listed(arguments[1:], '')}))"
        self.emitter.line(f"{self.emitter.sync}; raise {call}")


def _listed(arguments: list[Expr], last: str) -> str:
    """Arguments, and ``last``; when that is empty, the inside of a tuple of any length."""
    return ", ".join([*(each.raw for each in arguments), last])
