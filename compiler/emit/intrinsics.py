"""Functions that are instructions: the mnemonics of ``@intrinsic`` in place of a call.

A mnemonic may carry a constant, ``i64.const:5``; ``hold`` takes the top primitive away and ``held``
brings it back.  The array instructions take their kind from the element type of the instance: that
of the array among the parameters, or of the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.emit.conversions import narrow
from compiler.emit.instances import is_primitive, repr_of
from compiler.emit.lowering import array_kind
from compiler.ir.symbols import FunctionSymbol
from compiler.ir.types import ClassType, Repr, Type
from pvm.isa.types import TASK, ArrayKind, Prim, Signature, ValueType, array_ref, element_type

if TYPE_CHECKING:
    from compiler.emit.context import FunctionContext

_TASK_OPERANDS = frozenset({"task.unpark", "task.finished"})
"""The library holds machine tasks as Any: Pebble has no type for them."""


def emit_intrinsic(f: FunctionContext, function: FunctionSymbol, params: tuple[Type, ...], result: Type) -> None:
    """Append the instructions that a function stands for; its arguments are on the stacks."""
    held: list[int] = []
    for word in function.intrinsic.split():
        mnemonic, _, constant = word.partition(":")
        if mnemonic == "nop":
            continue
        if mnemonic == "hold":
            held.append(f.temp(f.code.prims[-1]))
            f.code.set(held[-1])
        elif mnemonic == "held":
            f.code.get(held[-1])
            f.release(held.pop())
        elif constant:
            f.code.op(mnemonic, float(constant) if mnemonic.startswith("f") else int(constant))
        elif mnemonic.startswith("array.") and mnemonic != "array.size":
            _array(f, mnemonic, _kind((*params, result)))
            if mnemonic == "array.get" and not is_primitive(result):
                narrow(f, f.emission.lowering.ref_type(result))
        elif mnemonic == "task.spawn":
            _spawn(f)
        elif mnemonic in _TASK_OPERANDS:
            narrow(f, TASK)
            f.code.op(mnemonic)
        else:
            f.code.op(mnemonic)


def _kind(types: tuple[Type, ...]) -> ArrayKind:
    for type_ in types:
        if repr_of(type_) is Repr.ARRAY:
            assert isinstance(type_, ClassType)
            return array_kind(type_.arguments[0])
    raise AssertionError("an array instruction without an array")


def _array(f: FunctionContext, mnemonic: str, kind: ArrayKind) -> None:
    array, element, size = array_ref(kind), element_type(kind), Prim.I64
    effects: dict[str, tuple[tuple[ValueType, ...], tuple[ValueType, ...]]] = {
        "array.new": ((size,), (array,)),
        "array.get": ((array, size), (element,)),
        "array.set": ((array, size, element), ()),
        "array.copy": ((array, size, array, size, size), ()),
        "array.fill": ((array, size, size, element), ()),
    }
    f.code.typed(mnemonic, (kind,), *effects[mnemonic])


def _spawn(f: FunctionContext) -> None:
    """A task runs a function without results, function values have one: an adapter drops it."""
    index = f.emission.functions.thunk()
    source = f.emission.functions.signature(index).params
    target = f.emission.pool.function_type(Signature(()))
    f.code.typed("closure.new", (index,), source, (target,))
    f.code.typed("task.spawn", (), (target,), (TASK,))
