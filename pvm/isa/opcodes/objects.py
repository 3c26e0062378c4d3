"""References, objects, arrays and strings.  Operands are non-null: null is tested once, explicitly."""

from __future__ import annotations

from pvm.isa.instruction import Family, Form
from pvm.isa.machine import Machine, Val
from pvm.isa.traps import TrapKind
from pvm.isa.types import MAX_ARRAY_LENGTH, ArrayKind, RefType

FAMILY = Family("References and objects")
ARRAYS = Family("Arrays and strings")
BOUNDS = (TrapKind.INDEX_OUT_OF_BOUNDS,)
MEMORY = (TrapKind.OUT_OF_MEMORY,)
BULK_UNIT_SHIFT = 4
"""Bulk operations charge one unit of fuel for each ``1 << BULK_UNIT_SHIFT`` elements."""


@FAMILY.instr(0x38, "ref.is_null", "value:any? -- truth:i32")
def ref_is_null(m: Machine, value: Val) -> Val:
    """1 if null, else 0."""
    return m.flag_to_i32(m.is_null(value))


@FAMILY.instr(0x39, "ref.as_non_null", "value:R -- value:R!", traps=(TrapKind.NULL_REFERENCE,))
def ref_as_non_null(m: Machine, value: Val) -> Val:
    """The same reference, non-null; traps if it is null."""
    m.trap_if(m.is_null(value), TrapKind.NULL_REFERENCE)
    return value


@FAMILY.instr(0x3A, "ref.eq", "lhs:any? rhs:any? -- truth:i32")
def ref_eq(m: Machine, lhs: Val, rhs: Val) -> Val:
    """1 if both are the same object or both null; whether equal strings are one object is not specified."""
    return m.flag_to_i32(m.ref_eq(lhs, rhs))


@FAMILY.instr(0x3B, "ref.instance", "value:any? -- truth:i32", imm="type:ref_type")
def ref_instance(m: Machine, type_: RefType, value: Val) -> Val:
    """1 if the value is of the type; null is, if the type is nullable."""
    return m.flag_to_i32(m.is_instance(value, type_))


@FAMILY.instr(0x3C, "ref.cast", "value:any? -- value:type", imm="type:ref_type", traps=(TrapKind.BAD_CAST,))
def ref_cast(m: Machine, type_: RefType, value: Val) -> Val:
    """The same reference, of the type; traps if it is not."""
    m.trap_if(m.negate(m.is_instance(value, type_)), TrapKind.BAD_CAST)
    return value


@FAMILY.instr(0x3D, "ref.identity_hash", "value:any -- hash:i64")
def ref_identity_hash(m: Machine, value: Val) -> Val:
    """A number that this object keeps for life, from a counter: 0 <= hash < 2**32."""
    return m.identity_hash(value)


@FAMILY.instr(0x40, "object.new", "values:fields -- object:class", imm="class:class", form=Form.ALLOCATE, traps=MEMORY)
def object_new(m: Machine, class_: int, *values: Val) -> Val:
    """Allocate an object whose fields, inherited ones first, are the operands."""
    return m.new_object(class_, values)


@FAMILY.instr(0x41, "object.new_default", "-- object:class", imm="class:class", form=Form.ALLOCATE, traps=MEMORY)
def object_new_default(m: Machine, class_: int) -> Val:
    """Allocate an object with every field 0 or null; no field may be a non-null reference."""
    return m.new_default(class_)


@FAMILY.instr(0x42, "field.get", "object:owner -- value:field", imm="field:field")
def field_get(m: Machine, field: tuple[int, int], obj: Val) -> Val:
    """Load a field; a narrow one is extended by its sign."""
    return m.field_load(field, obj)


@FAMILY.instr(0x43, "field.set", "object:owner value:field --", imm="field:field")
def field_set(m: Machine, field: tuple[int, int], obj: Val, value: Val) -> None:
    """Store into a mutable field; a narrow field keeps the low bits."""
    m.field_store(field, obj, value)


def _check_index(m: Machine, index: Val, length: Val) -> None:
    m.trap_if(m.negate(m.lt_u(index, length)), TrapKind.INDEX_OUT_OF_BOUNDS)


def _check_range(m: Machine, start: Val, count: Val, length: Val) -> None:
    outside = m.negate(m.le_u(start, length))
    too_many = m.negate(m.le_u(count, m.sub(length, start)))
    m.trap_if(m.either(outside, too_many), TrapKind.INDEX_OUT_OF_BOUNDS)


def _charge_bulk(m: Machine, count: Val) -> None:
    m.charge(m.shr_u(count, m.i64(BULK_UNIT_SHIFT)))


@ARRAYS.instr(
    0x48,
    "array.new",
    "length:i64 -- array:array",
    imm="kind:array_kind",
    form=Form.ALLOCATE,
    traps=(TrapKind.NEGATIVE_SIZE, TrapKind.OUT_OF_MEMORY),
)
def array_new(m: Machine, kind: ArrayKind, length: Val) -> Val:
    """Allocate an array of zeros or nulls."""
    m.trap_if(m.negate(m.le_u(length, m.i64(MAX_ARRAY_LENGTH))), TrapKind.NEGATIVE_SIZE)
    array = m.new_array(kind, length)
    _charge_bulk(m, length)
    return array


@ARRAYS.instr(0x49, "array.get", "array:array index:i64 -- value:element", imm="kind:array_kind", traps=BOUNDS)
def array_get(m: Machine, kind: ArrayKind, array: Val, index: Val) -> Val:
    """Load an element; narrow kinds are extended by their sign."""
    _check_index(m, index, m.array_length(array))
    return m.array_load(kind, array, index)


@ARRAYS.instr(0x4A, "array.set", "array:array index:i64 value:element --", imm="kind:array_kind", traps=BOUNDS)
def array_set(m: Machine, kind: ArrayKind, array: Val, index: Val, value: Val) -> None:
    """Store an element; narrow kinds keep the low bits."""
    _check_index(m, index, m.array_length(array))
    m.array_store(kind, array, index, value)


@ARRAYS.instr(0x4B, "array.size", "array:anyarray -- length:i64")
def array_size(m: Machine, array: Val) -> Val:
    """Length of an array of any kind."""
    return m.array_length(array)


@ARRAYS.instr(
    0x4C,
    "array.copy",
    "to:array at:i64 from:array start:i64 count:i64 --",
    imm="kind:array_kind",
    traps=BOUNDS,
)
def array_copy(m: Machine, kind: ArrayKind, to: Val, at: Val, source: Val, start: Val, count: Val) -> None:
    """Copy elements; the ranges may overlap."""
    _check_range(m, at, count, m.array_length(to))
    _check_range(m, start, count, m.array_length(source))
    _charge_bulk(m, count)
    m.array_copy(kind, to, at, source, start, count)


@ARRAYS.instr(
    0x4D, "array.fill", "array:array start:i64 count:i64 value:element --", imm="kind:array_kind", traps=BOUNDS
)
def array_fill(m: Machine, kind: ArrayKind, array: Val, start: Val, count: Val, value: Val) -> None:
    """Store one value into a range of elements."""
    _check_range(m, start, count, m.array_length(array))
    _charge_bulk(m, count)
    m.array_fill(kind, array, start, count, value)


@ARRAYS.instr(0x4E, "string.size", "text:string -- bytes:i64")
def string_size(m: Machine, text: Val) -> Val:
    """Length in bytes of UTF-8."""
    return m.string_length(text)


@ARRAYS.instr(0x4F, "string.get", "text:string index:i64 -- byte:i32", traps=BOUNDS)
def string_get(m: Machine, text: Val, index: Val) -> Val:
    """Byte at an index, 0 to 255."""
    _check_index(m, index, m.string_length(text))
    return m.string_load(text, index)
