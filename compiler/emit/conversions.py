"""Conversions between the types that a value has on two sides of a border: boxes, casts, adapters.

``convert`` is called wherever a value crosses from an expression to a place that wants it: most
calls emit nothing.  What the checker wrote as ``Coerce`` and what erasure makes necessary (an
``ref? any`` out of a list of points) are the same thing here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from compiler.emit.instances import erased_function, is_nullable, is_primitive, is_void, repr_of
from compiler.ir.types import ClassType, FunctionType, NothingType, NullableType, Repr, Type, UnitType
from pvm.isa.types import ANY_NULL, RefType

if TYPE_CHECKING:
    from compiler.emit.context import FunctionContext


def convert(f: FunctionContext, source: Type, target: Type) -> None:
    """Turn the value on top of its stack from one type into another, which it is known to be of."""
    if source == target or not f.code.reachable or isinstance(source, NothingType):
        return
    if is_void(source) and is_void(target):
        return
    if is_void(target):
        f.code.drop(f.lower(source))
    elif isinstance(source, UnitType):
        f.code.typed("ref.null", (), (), (ANY_NULL,))
    elif is_primitive(source):
        if not is_primitive(target):
            box(f, source)
    elif is_primitive(target):
        unbox(f, target)
    else:
        _convert_reference(f, source, target)


def _convert_reference(f: FunctionContext, source: Type, target: Type) -> None:
    from_function, to_function = _function(source), _function(target)
    if from_function is not None and to_function is not None:
        if is_nullable(source) and not is_nullable(target):
            narrow(f, f.emission.lowering.ref_type(from_function))
        _adapt(f, from_function, to_function, is_nullable=is_nullable(source) and is_nullable(target))
        return
    if _is_array(source) and not _is_array(target):
        f.emission.show_arrays()
    narrow(f, f.emission.lowering.ref_type(target))


def _is_array(type_: Type) -> bool:
    return repr_of(type_.inner if isinstance(type_, NullableType) else type_) is Repr.ARRAY


def narrow(f: FunctionContext, target: RefType) -> None:
    """Make the reference on top one of a machine type, with a test unless the type on the stack is below it."""
    if not f.code.reachable:
        return
    source = f.code.refs[-1]
    if f.emission.classes.is_subtype(source, target):
        return
    if f.emission.classes.is_heap_subtype(source, target):
        f.code.op("ref.as_non_null")
    else:
        f.code.typed("ref.cast", (target,), (ANY_NULL,), (target,))


def box(f: FunctionContext, source: Type) -> None:
    """Make an object of a primitive."""
    assert isinstance(source, ClassType)
    instance = f.emission.classes.box(source)
    f.emission.classes.instantiate(instance)
    f.code.typed("object.new", (instance.index,), (f.lower(source),), (instance.type,))


def unbox(f: FunctionContext, target: Type) -> None:
    """Take a primitive out of the object that holds it."""
    assert isinstance(target, ClassType)
    instance = f.emission.classes.box(target)
    f.emission.classes.lay_out(instance)
    narrow(f, instance.type)
    number = len(instance.fields) - 1
    f.code.typed("field.get", ((instance.index, number),), (instance.type,), (f.lower(target),))


def _function(type_: Type) -> FunctionType | None:
    inner = type_.inner if isinstance(type_, NullableType) else type_
    return inner if isinstance(inner, FunctionType) else None


def _adapt(f: FunctionContext, source: FunctionType, target: FunctionType, *, is_nullable: bool) -> None:
    lowering = f.emission.lowering
    from_signature, to_signature = lowering.function_value(source), lowering.function_value(target)
    if from_signature == to_signature and _same_boxes(source, target):
        return
    pool = f.emission.pool
    from_type, to_type = pool.function_type(from_signature), pool.function_type(to_signature)
    adapter = f.emission.functions.adapter(erased_function(source), erased_function(target))
    if not is_nullable:
        f.code.typed("closure.new", (adapter,), (from_type,), (to_type,))
        return
    # Null stays null: the test needs the value again, so it goes through a local.
    nullable = to_type.with_null(nullable=True)
    held = f.temp(from_type.with_null(nullable=True))
    f.code.set(held)
    is_null, end = f.code.label(), f.code.label(nullable)
    f.code.get(held)
    f.code.branch_null(is_null)
    f.code.typed("closure.new", (adapter,), (from_type,), (to_type,))
    f.code.jump(end)
    f.code.place(is_null)
    f.code.typed("ref.null", (), (), (nullable,))
    f.code.place(end)
    f.release(held)


def _same_boxes(source: FunctionType, target: FunctionType) -> bool:
    """Whether equal machine types mean equal Pebble types: an UInt8 is not an Int32 in a box."""
    pairs = zip((*source.params, source.result), (*target.params, target.result), strict=True)
    return all(repr_of(one) == repr_of(other) for one, other in pairs if is_primitive(one) or is_primitive(other))
