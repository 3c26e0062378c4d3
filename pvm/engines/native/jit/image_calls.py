"""Calls of the runtime image in compiled code; whatever goes wrong in one goes wrong again in internal code."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pvm.engines.native import layout
from pvm.engines.native.jit.activation import Activation, kind_of
from pvm.engines.native.jit.in_place import Shortcut
from pvm.engines.native.jit.tables import SHORTCUTS
from pvm.engines.native.jit.texts import shortcut_of
from pvm.engines.native.llvm.image import image_function
from pvm.engines.native.llvm.lowering import IR_TYPES
from pvm.engines.native.llvm.text import phi
from pvm.isa.encoding import Instruction
from pvm.isa.machine import Val
from pvm.isa.runtime import RUNTIME_BY_NAME, RuntimeFunction
from pvm.isa.types import STRING, ArrayKind, Prim, RefType, array_ref

if TYPE_CHECKING:
    from pvm.engines.native.jit.unit import Unit

_OF_TEXTS = {*Prim, STRING, array_ref(ArrayKind.U8)}


def emit_image_call(unit: Unit, activation: Activation, instruction: Instruction) -> None:
    """Emit ``call.runtime``; for short texts and tables of numbers, what does the same in place."""
    unit.refuse_strip()
    module = unit.metadata.module
    declared = module.imports[instruction.immediates[0]]
    function = RUNTIME_BY_NAME[declared.name]
    arguments = activation.pop_arguments(function.signature)
    shortcut = SHORTCUTS.get(declared.name) or shortcut_of(unit, declared.name, arguments)
    if shortcut is None:
        result = _call(unit, activation, instruction, function, arguments)
    else:
        result = _either(unit, activation, instruction, function, arguments, shortcut)
    if result is not None:
        (activation.refs if result.kind == "ref" else activation.prims).append(result)


def _either(
    unit: Unit,
    activation: Activation,
    instruction: Instruction,
    function: RuntimeFunction,
    arguments: Sequence[Val],
    shortcut: Shortcut,
) -> Val | None:
    """What does the work in place, with the call for where that cannot be."""
    text = unit.text
    call, done = text.fresh_label("call"), text.fresh_label("done")
    with text.cold(call):
        called = _call(unit, activation, instruction, function, arguments)
        called_at = text.label
        text.jump(done)
    unit.share_no_exit()
    made = shortcut(unit, call, arguments)
    unit.cost += 1
    unit.pay(1)
    made_at = text.label
    text.jump(done)
    text.block(done)
    if made is None or called is None:
        return None
    sources = (unit.raw(made), made_at), (unit.raw(called), called_at)
    return Val(text.value(phi(IR_TYPES[made.kind], sources)), made.kind)


def _call(
    unit: Unit, activation: Activation, instruction: Instruction, function: RuntimeFunction, arguments: Sequence[Val]
) -> Val | None:
    """Call a function of the image, pay for it, and leave if it has not done what it was to do."""
    text = unit.text
    outcomes = _outcomes(function)
    for name in ("charge", *outcomes):
        text.line(f"store i64 0, ptr {_word(unit, name)}")
    result = _called(unit, function, arguments)
    some, *words = (text.value(f"load i64, ptr {_word(unit, name)}") for name in ("interrupted", *outcomes))
    for word in words:
        some = text.value(f"or i64 {some}, {word}")
    unit.leave_if(text.value(f"icmp ne i64 {some}, 0"))
    left = unit.after_paying(text.value(f"load i64, ptr {_word(unit, 'charge')}"))
    unit.set_fuel(left)
    stack = activation.prims if result is None or result.kind != "ref" else activation.refs
    if result is not None:
        stack.append(result)
    cold = text.fresh_label("scarce")
    with text.cold(cold):
        unit.leave_after(activation, instruction)
    if result is not None:
        stack.pop()
    text.branch_away(text.value(f"icmp slt i64 {left}, {unit.segment}"), cold)
    return result


def _word(unit: Unit, name: str) -> str:
    """A word of the control block, with what stands behind a load or store of it."""
    return f"{unit.word(layout.control_word(name))}, align 8{unit.aliases('control')}"


def _called(unit: Unit, function: RuntimeFunction, arguments: Sequence[Val]) -> Val | None:
    """The call alone."""
    text, signature = unit.text, function.signature
    passed = ["ptr %cage"]
    for value in arguments:
        if value.kind == "ref":
            unit.escape(value)
            passed.append(f"i64 {text.value(f'zext i32 {value.raw} to i64')}")
        else:
            passed.append(f"{IR_TYPES[value.kind]} {value.raw}")
    is_of_texts = _OF_TEXTS.issuperset((*signature.params, *signature.results))
    aliases = unit.aliasing.texts() if is_of_texts else ""
    callee = f"{unit.service(image_function(function.name))}({', '.join(passed)}){aliases}"
    if not signature.results:
        text.line(f"call void {callee}")
        return None
    kind = kind_of(signature.results[0])
    if kind != "ref":
        return Val(text.value(f"call {IR_TYPES[kind]} {callee}"), kind)
    return Val(text.value(f"trunc i64 {text.value(f'call i64 {callee}')} to i32"), "ref")


def _outcomes(function: RuntimeFunction) -> tuple[str, ...]:
    """The control words in which a function says that it has not done what it was to do."""
    makes_object = any(isinstance(each, RefType) for each in function.signature.results)
    return (("trap",) if function.traps or makes_object else ()) + (("need",) if makes_object else ())
