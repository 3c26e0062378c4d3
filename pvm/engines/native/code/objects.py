"""Internal code of objects: an allocation, then a store for each field that is not zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pvm.engines.native.code.operands import Constant
from pvm.engines.native.code.operations import MAX_FIRST_FIELDS, MAX_MADE_FIELDS, MadeShape, first_fields
from pvm.isa.encoding import Instruction
from pvm.isa.types import Bank, Storage

if TYPE_CHECKING:
    from pvm.engines.native.code.translator import Translator

MAX_SHORT_OFFSET = 0xFFFF
_MADE = frozenset({Storage.I64, Storage.F64, Storage.REF})
"""Storage of fields that an object is made with at once."""
_Stored = tuple[Storage, int, int]
"""What is stored in a new object: how, at which offset, and the slot that it comes from."""


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
    placed: list[_Stored] = []
    for storage, offset, bank, position in stores:
        slot = t.stack(bank).items[position]
        assert isinstance(slot, int)
        placed.append((storage, offset, slot))
    t.drop_operands(banks)
    result = t.refs.push_result()
    made, operation = _made(placed)
    rest = [each for each in placed if each not in made]
    overwritten = any(storage is Storage.REF and slot == result for storage, _, slot in rest)
    if not made or overwritten or shape.size > MAX_SHORT_OFFSET:
        _allocate_and_store(t, index, result, placed)
        rest = placed
    else:
        slots, offsets = [slot for _, _, slot in made], [offset for _, offset, _ in made]
        values = slots if operation.offsets else slots + offsets
        t.buffer.emit(operation.operation, result, metadata.class_ids[index], shape.size, *values)
        for storage, offset, slot in rest:
            t.buffer.emit(f"field.initialize.{storage}{_width(offset)}", result, slot, offset)
    if rest:
        # The last instruction is not the one that makes the object, so what is in that slot before it is used behind.
        t.freed = [slot for slot in t.freed if slot != result]


def _made(placed: list[_Stored]) -> tuple[list[_Stored], MadeShape]:
    """The fields that the operation stores which makes an object, and its shape."""
    fit = sorted((each for each in placed if each[0] in _MADE and each[1] <= MAX_SHORT_OFFSET), key=_offset)
    some = fit[:MAX_MADE_FIELDS]
    for count in range(min(len(fit), MAX_FIRST_FIELDS), len(some) - 1, -1):
        first = fit[:count]
        storages = _storages(first)
        shape = first_fields(storages.count(Storage.I64), storages.count(Storage.REF))
        if shape == MadeShape(storages, tuple(map(_offset, first))):
            return first, shape
    return some, MadeShape(_storages(some))


def _offset(stored: _Stored) -> int:
    return stored[1]


def _storages(stored: list[_Stored]) -> tuple[Storage, ...]:
    return tuple(Storage.REF if storage is Storage.REF else Storage.I64 for storage, _, _ in stored)


def _allocate_and_store(t: Translator, index: int, result: int, placed: list[_Stored]) -> None:
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
