"""Generator functions: code that stops behind a ``yield`` and goes on there when it is called again.

At a stop every local that has a value is put into the two arrays of the generator object, one for
references and one for the bits of primitives, and the function returns.  When it is called again,
the code at the end of the function, the *dispatch*, takes them out and jumps behind the stop.  That
jump may lead into loops and protected ranges: their labels need only locals that were initialised
at the stop.  Both stacks are empty there, as in front of a loop.
"""

from __future__ import annotations

from compiler.emit.code import CodeLabel
from compiler.emit.context import FunctionContext
from compiler.emit.conversions import narrow
from compiler.ir import hir
from compiler.ir.symbols import LocalSymbol
from compiler.ir.types import NullableType
from compiler.records import field, mutable, structural
from compiler.syntax.source import Span
from pvm.isa.types import ANY_NULL, ArrayKind, Prim, RefType, array_ref

_TO_NUMBER = {
    Prim.I32: ("i64.extend_i32_s",),
    Prim.I64: (),
    Prim.F32: ("i32.bits_f32", "i64.extend_i32_s"),
    Prim.F64: ("i64.bits_f64",),
}
_FROM_NUMBER = {
    Prim.I32: ("i32.wrap_i64",),
    Prim.I64: (),
    Prim.F32: ("i32.wrap_i64", "f32.from_bits_i32"),
    Prim.F64: ("f64.from_bits_i64",),
}


@mutable
class _Size:
    """How many values of one kind are kept at a stop, at most."""

    value: int = 0

    def resolve(self) -> int:
        return self.value


@structural
class _Stop:
    label: CodeLabel
    references: tuple[int, ...]
    numbers: tuple[int, ...]


@mutable
class Resumption:
    """What is known of the generator function that is being emitted."""

    node: hir.Resumable
    references: int = -1
    """The slot of the array with references."""
    numbers: int = -1
    first: int = 0
    """Locals that have a value whenever the function is called, and need not be kept."""
    most_references: _Size = field(default_factory=_Size)
    most_numbers: _Size = field(default_factory=_Size)
    stops: list[_Stop] = field(default_factory=list)


def emit_resumable(f: FunctionContext, node: hir.Resumable) -> None:
    """Emit the body of a generator function."""
    resumption = f.resumption = Resumption(node)
    _load_arrays(f, resumption)
    resumption.first = f.code.initialised
    dispatch, end = f.code.label(), f.code.label()
    f.code.jump(dispatch)
    start = f.code.resume(resumption.first)
    f.effect(node.body)
    f.code.jump(end)
    f.code.place(dispatch)
    _dispatch(f, resumption, start)
    f.code.place(end)


def _load_arrays(f: FunctionContext, resumption: Resumption) -> None:
    """Take the arrays out of the generator; make them when it is called first."""
    node = resumption.node
    made = [
        (node.references, ArrayKind.REF, resumption.most_references),
        (node.numbers, ArrayKind.I64, resumption.most_numbers),
    ]
    slots = [f.code.new_local(array_ref(kind)) for _, kind, _ in made]
    resumption.references, resumption.numbers = slots
    fresh, ready = f.code.label(), f.code.label()
    f.value(node.references)
    f.code.branch_null(fresh)
    f.code.set(slots[0])
    f.value(node.numbers)
    f.code.op("ref.as_non_null")
    f.code.set(slots[1])
    f.code.jump(ready)
    f.code.place(fresh)
    for (place, kind, size), slot in zip(made, slots, strict=True):
        f.code.op("i64.const", size)
        f.code.typed("array.new", (kind,), (Prim.I64,), (array_ref(kind),))
        f.code.set(slot)
        assert isinstance(place.type, NullableType)
        local = LocalSymbol("", place.type.inner)
        f.parameter(local, slot, f.type(local.type))
        value = hir.Coerce(node.span, place.type, hir.LocalGet(node.span, local.type, local))
        f.effect(hir.FieldSet(node.span, node.type, place.object, place.field, value))
    f.code.place(ready)


def emit_suspend(f: FunctionContext, node: hir.Suspend) -> None:
    """Stop: keep all locals, return, and go on here when the function is called again."""
    resumption = f.resumption
    assert resumption is not None, "a stop outside of a generator function"
    code = f.code
    assert not code.prims, "a value on the primitive stack at a stop"
    assert not code.refs, "a value on the reference stack at a stop"
    initialised = code.initialised
    kept = [
        slot
        for slot in range(code.parameter_count, len(code.locals))
        if code.is_initialised(slot) and not resumption.first >> slot & 1
    ]
    references = tuple(slot for slot in kept if isinstance(code.locals[slot], RefType))
    numbers = tuple(slot for slot in kept if not isinstance(code.locals[slot], RefType))
    for number, slot in enumerate(references):
        code.get(resumption.references)
        code.op("i64.const", number)
        code.get(slot)
        code.typed("array.set", (ArrayKind.REF,), (array_ref(ArrayKind.REF), Prim.I64, ANY_NULL), ())
    for number, slot in enumerate(numbers):
        code.get(resumption.numbers)
        code.op("i64.const", number)
        code.get(slot)
        _convert(f, slot, _TO_NUMBER)
        code.typed("array.set", (ArrayKind.I64,), (array_ref(ArrayKind.I64), Prim.I64, Prim.I64), ())
    resumption.most_references.value = max(resumption.most_references.value, len(references))
    resumption.most_numbers.value = max(resumption.most_numbers.value, len(numbers))
    _set_point(f, resumption, node.span, len(resumption.stops) + 1)
    f.return_top()
    resumption.stops.append(_Stop(code.resume(initialised), references, numbers))


def _convert(f: FunctionContext, slot: int, ways: dict[Prim, tuple[str, ...]]) -> None:
    prim = f.code.locals[slot]
    assert isinstance(prim, Prim)
    for mnemonic in ways[prim]:
        f.code.op(mnemonic)


def _set_point(f: FunctionContext, resumption: Resumption, span: Span, point: int) -> None:
    place = resumption.node.point
    f.effect(hir.FieldSet(span, resumption.node.type, place.object, place.field, hir.Constant(span, place.type, point)))


def _dispatch(f: FunctionContext, resumption: Resumption, start: CodeLabel) -> None:
    """Go to the start or behind the stop at which the generator is; until the next one it is nowhere."""
    point = f.temp(Prim.I32)
    f.value(resumption.node.point)
    f.code.set(point)
    _set_point(f, resumption, resumption.node.span, -1)
    if not resumption.stops:
        f.code.jump(start)
        return
    labels = [f.code.label() for _ in resumption.stops]
    f.code.get(point)
    f.code.switch([start, *labels])
    for stop, label in zip(resumption.stops, labels, strict=True):
        f.code.place(label)
        _restore(f, resumption, stop)
        f.code.jump(stop.label)


def _restore(f: FunctionContext, resumption: Resumption, stop: _Stop) -> None:
    code = f.code
    for number, slot in enumerate(stop.references):
        code.get(resumption.references)
        code.op("i64.const", number)
        code.typed("array.get", (ArrayKind.REF,), (array_ref(ArrayKind.REF), Prim.I64), (ANY_NULL,))
        wanted = code.locals[slot]
        assert isinstance(wanted, RefType)
        narrow(f, wanted)
        code.set(slot)
    for number, slot in enumerate(stop.numbers):
        code.get(resumption.numbers)
        code.op("i64.const", number)
        code.typed("array.get", (ArrayKind.I64,), (array_ref(ArrayKind.I64), Prim.I64), (Prim.I64,))
        _convert(f, slot, _FROM_NUMBER)
        code.set(slot)
