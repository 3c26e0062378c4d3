"""Internal code of objects: an allocation, then a store for each field that is not zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvm.engines.native.code.operands import Constant
from pvm.engines.native.code.operations import MAX_MADE_FIELDS, make_operation
from pvm.isa.encoding import Instruction
from pvm.isa.types import Bank, Storage

if TYPE_CHECKING:
    from pvm.engines.native.code.translator import Translator

MAX_SHORT_OFFSET = 0xFFFF
_MADE = {Storage.I64: "p", Storage.F64: "p", Storage.REF: "r"}
"""Storage of fields that an object is made with at once."""


def emit_field(t: Translator, instruction: Instruction) -> None:
    """``field.get`` and ``field.set``."""
    class_index, number = instruction.immediates[0]
    field = t.linkage.metadata.verified.layouts[class_index].fields[number]
    offset = t.linkage.metadata.objects[class_index].offsets[number]
    name = f"{instruction.opcode.mnemonic}.{field.storage}{_width(offset)}"
    slots = t.operands(instruction)
    if instruction.opcode.effect.pushes:
        t.emit_result(name, _bank(field.storage), *slots, offset)
    else:
        t.buffer.emit(name, *slots, offset)


def emit_allocation(t: Translator, instruction: Instruction) -> None:
    """What makes an object or a function value."""
    metadata = t.linkage.metadata
    index = instruction.immediates[0]
    match instruction.opcode.mnemonic:
        case "object.new":
            _new_object(t, index)
        case "object.new_default":
            t.emit_result("object.allocate", Bank.REF, metadata.class_ids[index], metadata.objects[index].size)
        case "func.ref":
            t.emit_result("func.ref", Bank.REF, metadata.descriptor(index))
        case mnemonic:
            assert mnemonic == "closure.new", mnemonic
            (environment,) = t.take([Bank.REF])
            t.emit_result("closure.new", Bank.REF, environment, metadata.descriptor(index))


def _new_object(t: Translator, index: int) -> None:
    metadata = t.linkage.metadata
    fields = metadata.verified.layouts[index].fields
    shape = metadata.objects[index]
    banks = [_bank(field.storage) for field in fields]
    t.refs.clear_above(banks.count(Bank.REF))
    t.prims.clear_above(banks.count(Bank.PRIM))
    stores = []
    left = {Bank.REF: banks.count(Bank.REF), Bank.PRIM: banks.count(Bank.PRIM)}
    for field, offset, bank in zip(fields, shape.offsets, banks, strict=True):
        stack = t.stack(bank)
        item = stack.items[-left[bank]]
        if not (isinstance(item, Constant) and item.bits == 0):
            stack.in_slot(left[bank])
            stores.append((field.storage, offset, bank, len(stack.items) - left[bank]))
        left[bank] -= 1
    # Slots are asked for last: putting one operand in a slot may move another.
    placed: list[tuple[Storage, int, int]] = []
    for storage, offset, bank, position in stores:
        slot = t.stack(bank).items[position]
        assert isinstance(slot, int)
        placed.append((storage, offset, slot))
    t.refs.drop(banks.count(Bank.REF))
    t.prims.drop(banks.count(Bank.PRIM))
    result = t.refs.push_result()
    made = [each for each in placed if each[0] in _MADE and each[1] <= MAX_SHORT_OFFSET][:MAX_MADE_FIELDS]
    if not made or shape.size > MAX_SHORT_OFFSET:
        _allocate_and_store(t, index, result, placed)
        return
    letters = "".join(_MADE[storage] for storage, _, _ in made)
    slots, offsets = [slot for _, _, slot in made], [offset for _, offset, _ in made]
    rest = [each for each in placed if each not in made]
    if any(storage is Storage.REF and slot == result for storage, _, slot in rest):
        _allocate_and_store(t, index, result, placed)
        return
    t.buffer.emit(make_operation(letters), result, metadata.class_ids[index], shape.size, *slots, *offsets)
    for storage, offset, slot in rest:
        t.buffer.emit(f"field.initialize.{storage}{_width(offset)}", result, slot, offset)


def _allocate_and_store(t: Translator, index: int, result: int, placed: list[tuple[Storage, int, int]]) -> None:
    """Make an object field by field: storage, offset and slot of each; one of them may be in the slot of the result."""
    metadata = t.linkage.metadata
    overwritten = any(storage is Storage.REF and slot == result for storage, _, slot in placed)
    if overwritten:
        t.buffer.emit("reference.save", result)
    t.buffer.emit("object.allocate", result, metadata.class_ids[index], metadata.objects[index].size)
    for storage, offset, slot in placed:
        if storage is Storage.REF and slot == result:
            t.buffer.emit(f"field.initialize.saved{_width(offset)}", result, offset)
        else:
            t.buffer.emit(f"field.initialize.{storage}{_width(offset)}", result, slot, offset)
    if overwritten:
        t.buffer.emit("reference.forget")


def _bank(storage: Storage) -> Bank:
    return Bank.REF if storage is Storage.REF else Bank.PRIM


def _width(offset: int) -> str:
    return ".wide" if offset > MAX_SHORT_OFFSET else ""
