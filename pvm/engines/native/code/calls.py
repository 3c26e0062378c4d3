"""Internal code of calls: arguments in the order of the callee's slots, then what is called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvm.engines.native.code.operations import BY_OPERATION, MAX_INLINE_ARGUMENTS
from pvm.engines.native.exits import HYPERCALL_COUNT, HYPERCALL_SIZE
from pvm.isa.encoding import Instruction
from pvm.isa.types import Bank, Signature, bank_of

if TYPE_CHECKING:
    from pvm.engines.native.code.translator import Translator

NO_RESULT = 2
"""The slot that results go to where there is none: FRAME_RESULT in the frame's header."""

assert BY_OPERATION["hypercall"].size == HYPERCALL_SIZE
assert BY_OPERATION["hypercall"].field("count").offset == HYPERCALL_COUNT


def emit_call(t: Translator, instruction: Instruction) -> None:
    """A call that comes back."""
    mnemonic = instruction.opcode.mnemonic
    signature, arguments, target = _take(t, instruction)
    result = _result(t, signature)
    if len(arguments) > MAX_INLINE_ARGUMENTS:
        values = (len(arguments), target, t.frame.size)
        t.buffer.emit_list(f"{mnemonic}.many", values, arguments, result)
        return
    name = f"{mnemonic}.{len(arguments)}"
    position = t.buffer.emit(name, *arguments, target, t.frame.size, result)
    _note(t, signature, position + BY_OPERATION[name].field("result").offset, result)


def emit_tail(t: Translator, instruction: Instruction) -> None:
    """A call in place of the frame."""
    _, arguments, target = _take(t, instruction)
    t.buffer.emit_list(instruction.opcode.mnemonic, (len(arguments), target, t.frame.size), arguments, NO_RESULT)


def emit_runtime(t: Translator, instruction: Instruction) -> None:
    """A call of the runtime image."""
    declared = t.module.imports[instruction.immediates[0]]
    signature = t.module.signatures[declared.signature]
    slots = t.take([bank_of(each) for each in signature.params])
    name = f"runtime.{declared.name}"
    if signature.results:
        t.emit_result(name, bank_of(signature.results[0]), *slots)
    else:
        t.buffer.emit(name, *slots)


def emit_hypercall(t: Translator, instruction: Instruction) -> None:
    """A call of the kernel or the host: its arguments in their order."""
    number = instruction.immediates[0]
    signature = t.module.signatures[t.module.imports[number].signature]
    slots = t.take([bank_of(each) for each in signature.params])
    t.buffer.emit_list("hypercall", (len(slots), number), slots, _result(t, signature))


def _take(t: Translator, instruction: Instruction) -> tuple[Signature, list[int], int]:
    """Pop what a call pops: its signature, the arguments by slot of the callee, the field that says what is called."""
    signature = t.linkage.resolver.signature_of(t.function, instruction.opcode, instruction.immediates)
    banks = [bank_of(each) for each in signature.params]
    family = instruction.opcode.mnemonic.partition(".")[2] or "call"
    if family == "ref":
        slots = t.take([*banks, Bank.REF])
        target = slots.pop()
    else:
        slots = t.take(banks)
        target = _target(t, instruction, family)
    references = [slot for slot, bank in zip(slots, banks, strict=True) if bank is Bank.REF]
    primitives = [slot for slot, bank in zip(slots, banks, strict=True) if bank is not Bank.REF]
    return signature, references + primitives, target


def _target(t: Translator, instruction: Instruction, family: str) -> int:
    metadata = t.linkage.metadata
    if family == "call":
        return metadata.descriptor(instruction.immediates[0])
    class_index, slot = instruction.immediates[0]
    if family == "virtual":
        return 4 * int(slot)
    assert family == "interface", family
    return metadata.selector_row(metadata.verified.layouts[class_index].slots[slot].name)


def _result(t: Translator, signature: Signature) -> int:
    if not signature.results:
        return NO_RESULT
    stack = t.stack(bank_of(signature.results[0]))
    stack.clear_above(0)
    return stack.push_result()


def _note(t: Translator, signature: Signature, place: int, slot: int) -> None:
    if signature.results:
        t.recent = (place, slot)
