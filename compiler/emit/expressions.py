"""Values: constants, variables, fields, arrays, tests and casts, text."""

from __future__ import annotations

import struct
from itertools import pairwise

from compiler.emit.context import FunctionContext, Operand
from compiler.emit.conversions import narrow
from compiler.emit.instances import is_primitive, is_void, repr_of, supertype
from compiler.emit.lowering import PRIMS, array_kind
from compiler.ir import hir
from compiler.ir.symbols import FieldSymbol
from compiler.ir.types import ClassType, NullableType, Type
from pvm.isa.types import ANY_NULL, Prim, RefType, array_ref, element_type

_BITS = {Prim.I32: 32, Prim.I64: 64}


def emit_constant(f: FunctionContext, node: hir.Constant) -> None:
    """Push a literal."""
    type_ = f.type_of(node)
    if is_void(type_):
        return
    if node.value is None:
        f.code.typed("ref.null", (), (), (f.lower(type_),))
    elif isinstance(node.value, str):
        f.code.op("string.const", f.emission.pool.string(node.value))
    else:
        push_number(f, type_, node.value)


def place_constant(f: FunctionContext, node: hir.Constant, target: Type) -> None:
    """Push a literal as one of another type: null is of every nullable type as it stands."""
    if node.value is None and not is_void(f.type_of(node)) and isinstance(f.lower(target), RefType):
        f.code.typed("ref.null", (), (), (f.lower(target),))
        return
    emit_constant(f, node)
    f.convert(f.type_of(node), target)


def push_number(f: FunctionContext, type_: Type, value: float) -> None:
    """Push a primitive constant; unsigned numbers are the signed ones of the same bits."""
    representation = repr_of(type_)
    assert representation is not None
    prim = PRIMS[representation]
    match prim:
        case Prim.F64:
            f.code.op("f64.const", float(value))
        case Prim.F32:
            f.code.op("f32.const", nearest_f32(float(value)))
        case _:
            bits = _BITS[prim]
            number = int(value) & ((1 << bits) - 1)
            f.code.op(f"{prim}.const", number - (1 << bits) if number >> (bits - 1) else number)


def nearest_f32(value: float) -> float:
    """The binary32 nearest to a float; what is too large becomes infinite."""
    try:
        result: float = struct.unpack("<f", struct.pack("<f", value))[0]
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
    return result


# Variables


def emit_local_get(f: FunctionContext, node: hir.LocalGet) -> None:
    """Push a variable; a parameter may have a more exact type than the place that reads it."""
    type_ = f.type_of(node)
    if is_void(type_) or is_void(f.type(node.local.type)):
        return
    variable = f.variable(node.local)
    refined = f.refinement(node.local)
    if refined is not None:
        f.code.get(refined)
    else:
        f.get_variable(variable)
    f.convert(variable.type, type_)


def emit_local_set(f: FunctionContext, node: hir.LocalSet) -> None:
    """Set a variable."""
    type_ = f.type(node.local.type)
    if is_void(type_):
        f.effect(node.value)
        return
    f.value_as(node.value, type_)
    if f.code.reachable:
        f.set_variable(f.variable(node.local))
        f.forget(node.local)


def emit_global_get(f: FunctionContext, node: hir.GlobalGet) -> None:
    """Push a module variable, or the constant that it is."""
    constant = node.variable.constant
    if constant is not None:
        f.value_as(constant, f.type_of(node))
        return
    index, stored = f.emission.variables.index(node.variable)
    f.code.typed("global.get", (index,), (), (stored,))
    if isinstance(stored, RefType):
        f.at(node.span)
        narrow(f, f.emission.lowering.ref_type(node.variable.type))
    f.convert(node.variable.type, f.type_of(node))


def emit_global_set(f: FunctionContext, node: hir.GlobalSet) -> None:
    """Set a module variable."""
    f.value_as(node.value, node.variable.type)
    index, stored = f.emission.variables.index(node.variable)
    f.code.typed("global.set", (index,), (stored,), ())


# Fields


def _owner(f: FunctionContext, object_: hir.Expr, field: FieldSymbol) -> ClassType:
    """The class type that declares a field of an object."""
    type_ = f.type_of(object_)
    if isinstance(type_, ClassType):
        found = supertype(type_, field.owner)
        if found is not None:
            return found
    assert not field.owner.type_params, f"the object of {field.name} is not of class {field.owner.name}"
    return ClassType(field.owner)


def emit_field_get(f: FunctionContext, node: hir.FieldGet) -> None:
    """Load a field."""
    owner = _owner(f, node.object, node.field)
    f.value_as(node.object, owner)
    f.at(node.span)
    load_field(f, owner, node.field, f.type_of(node))


def load_field(f: FunctionContext, owner: ClassType, field: FieldSymbol, wanted: Type) -> None:
    """Load a field of the object on top, as a value of a type."""
    classes = f.emission.classes
    instance = classes.of(owner)
    number, record = classes.field(instance, field)
    f.code.typed("field.get", ((instance.index, number),), (instance.type,), (record.type,))
    type_ = classes.field_type(instance, field)
    if is_void(type_):
        f.code.drop(record.type)
    else:
        f.convert(type_, wanted)


def emit_field_set(f: FunctionContext, node: hir.FieldSet) -> None:
    """Store into a field."""
    classes = f.emission.classes
    owner = _owner(f, node.object, node.field)
    instance = classes.of(owner)
    number, record = classes.field(instance, node.field)
    classes.set_mutable(instance, number - instance.first_field)
    f.operands([f.operand(node.object, owner), f.operand(node.value, classes.field_type(instance, node.field))])
    f.code.typed("field.set", ((instance.index, number),), (instance.type, record.type), ())


# Arrays


def emit_new_array(f: FunctionContext, node: hir.NewArray) -> None:
    """Make an array of given elements."""
    type_ = f.type_of(node)
    assert isinstance(type_, ClassType)
    kind = array_kind(type_.arguments[0])
    array = array_ref(kind)
    f.code.op("i64.const", len(node.elements))
    f.at(node.span)
    f.code.typed("array.new", (kind,), (Prim.I64,), (array,))
    if not node.elements:
        return
    slot = f.temp(array)
    f.code.set(slot)
    for number, element in enumerate(node.elements):
        f.operands(
            [
                Operand(lambda: f.code.get(slot), array, is_stable=True),
                Operand(lambda number=number: f.code.op("i64.const", number), Prim.I64, is_stable=True),  # type: ignore[misc]
                f.operand(element, type_.arguments[0]),
            ]
        )
        f.code.typed("array.set", (kind,), (array, Prim.I64, element_type(kind)), ())
    if f.code.reachable:
        f.code.get(slot)
    f.release(slot)


# Types at run time


def emit_coerce(f: FunctionContext, node: hir.Coerce) -> None:
    """Convert a value to a type that it is known to be of."""
    f.at(node.span)
    f.value_as(node.value, f.type_of(node))


def emit_cast(f: FunctionContext, node: hir.Cast) -> None:
    """Test that a value is of a type, and make it one."""
    source, target = f.type_of(node.value), f.type_of(node)
    f.value(node.value)
    f.at(node.span)
    if is_primitive(source) or is_void(source):
        f.convert(source, target)
        return
    classes = f.emission.classes
    if is_primitive(target):
        assert isinstance(target, ClassType)
        boxed: Type = NullableType(target)
        wanted = classes.box(target).type
    else:
        boxed = target
        wanted = f.emission.lowering.ref_type(target)
    if not classes.is_subtype(f.lower(source), wanted):
        f.code.typed("ref.cast", (wanted,), (ANY_NULL,), (wanted,))
    if is_primitive(target):
        f.convert(boxed, target)


def emit_not_null(f: FunctionContext, node: hir.NotNull) -> None:
    """Test that a value is not null."""
    source, target = f.type_of(node.value), f.type_of(node)
    f.value(node.value)
    f.at(node.span)
    if is_primitive(source):
        f.convert(source, target)
        return
    stored = f.emission.lowering.ref_type(source)
    f.code.typed("ref.as_non_null", (), (stored,), (stored.with_null(nullable=False),))
    inner = source.inner if isinstance(source, NullableType) else source
    f.convert(source if is_primitive(inner) else inner, target)


# Text


def emit_concat(f: FunctionContext, node: hir.Concat) -> None:
    """Join texts: two or three, then such joined ones, so that no byte is copied more often than that tree is deep.

    Texts are joined as soon as they are there: joining has no effect that evaluation could see.
    """
    parts = _merged(node.parts)
    string = ClassType(f.emission.program.core["String"])
    if any(f.needs_empty(part) for part in parts[1:]):
        f.operands([f.operand(part, string) for part in parts])
        f.at(node.span)
        for left in range(len(parts), 1, -2):
            _join(f, min(left, 3))
        return
    if not parts:
        f.code.op("string.const", f.emission.pool.string(""))
    else:
        _join_tree(f, node, parts, string)


def _join_tree(f: FunctionContext, node: hir.Concat, parts: list[hir.Expr], string: Type) -> None:
    if len(parts) == 1:
        f.value_as(parts[0], string)
        return
    count = min(len(parts), 3)
    ends = [len(parts) * number // count for number in range(count + 1)]
    for start, end in pairwise(ends):
        _join_tree(f, node, parts[start:end], string)
    f.at(node.span)
    _join(f, count)


def _join(f: FunctionContext, count: int) -> None:
    """Join two or three texts that are on the stack."""
    index, signature = f.emission.pool.runtime("string.concat" if count == 2 else "string.concat3")
    f.code.typed("call.runtime", (index,), signature.params, signature.results)


def _merged(parts: tuple[hir.Expr, ...]) -> list[hir.Expr]:
    """The parts with neighbouring constants joined and empty ones left out."""
    merged: list[hir.Expr] = []
    for part in parts:
        if isinstance(part, hir.Constant) and isinstance(part.value, str):
            if not part.value:
                continue
            last = merged[-1] if merged else None
            if isinstance(last, hir.Constant) and isinstance(last.value, str):
                merged[-1] = hir.Constant(last.span, last.type, last.value + part.value)
                continue
        merged.append(part)
    return merged
