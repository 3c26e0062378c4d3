"""Managed values as Python objects, and the Python classes that stand for guest classes.

A string is a Python ``bytes`` (UTF-8), null is None, an array an ``Array`` of the subclass for its
kind, an object an instance of a class made for its guest class with a slot ``fN`` for each field.
So the Python type of a reference alone says what a type test wants to know.  Each class is flat
(no Python inheritance): deep guest hierarchies would make the method resolution order quadratic.

CPython shares bytes objects of length 0 and 1, so the identity of such strings is not that of the
allocations; the instruction set leaves the identity of strings open.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, MutableSequence
from typing import Any, ClassVar

from pvm.engines.accounting import CLOSURE_SIZE, TASK_SIZE, WEAK_SIZE, array_size, object_size, string_size
from pvm.isa.types import ArrayKind
from pvm.pbc.layout import ClassLayout
from pvm.pbc.subtyping import Hierarchy

SMALL = 1024
"""Longest array that is a Python list, which is fast but takes up to ten times its accounted size."""
CHUNK = 1 << 18
"""Elements that a bulk operation handles between two looks at the clock."""

_TYPECODES = {
    ArrayKind.I8: "b",
    ArrayKind.I16: "h",
    ArrayKind.U16: "H",
    ArrayKind.I32: "i",
    ArrayKind.U32: "i",
    ArrayKind.CHAR: "i",
    ArrayKind.I64: "q",
    ArrayKind.U64: "q",
    ArrayKind.F32: "f",
    ArrayKind.F64: "d",
}
_ALWAYS_PACKED = frozenset({ArrayKind.I8, ArrayKind.I16, ArrayKind.U16})
BYTE_KINDS = frozenset({ArrayKind.BOOL, ArrayKind.U8})
FLOAT_KINDS = frozenset({ArrayKind.F32, ArrayKind.F64})


class HeapObject:
    """Base of everything on the heap but strings; ``hash`` is set when it is first asked for."""

    __slots__ = ("hash",)
    size: int
    hash: int


class WeakReference(HeapObject):
    """What does not keep its referent: that is None once a count of what is alive has not found it elsewhere."""

    __slots__ = ("referent",)
    size = WEAK_SIZE

    def __init__(self, referent: HeapObject | bytes) -> None:
        self.referent: HeapObject | bytes | None = referent


class GuestObject(HeapObject):
    """Base of the classes made for guest classes."""

    __slots__ = ()
    class_index: ClassVar[int]
    fields: ClassVar[tuple[str, ...]]
    references: ClassVar[tuple[str, ...]]


class Array(HeapObject):
    """An array; ``data`` is a bytearray, a list or an ``array.array`` by kind and length."""

    __slots__ = ("data",)
    kind: ClassVar[ArrayKind]
    data: MutableSequence[Any]

    @property
    def size(self) -> int:  # type: ignore[override]
        """Accounted bytes."""
        return array_size(self.kind, len(self.data))


def _array_class(kind: ArrayKind) -> type[Array]:
    return type(f"Array_{kind}", (Array,), {"__slots__": (), "kind": kind})


ARRAY_CLASSES: Mapping[ArrayKind, type[Array]] = {kind: _array_class(kind) for kind in ArrayKind}


def new_data(kind: ArrayKind, length: int) -> MutableSequence[Any]:
    """Elements of a new array, all zero or null."""
    if kind in BYTE_KINDS:
        return bytearray(length)
    if kind is ArrayKind.REF:
        return [None] * length
    if length <= SMALL and kind not in _ALWAYS_PACKED:
        return [0.0 if kind in FLOAT_KINDS else 0] * length
    code = _TYPECODES[kind]
    return array(code, bytes(array(code).itemsize)) * length


def new_array(kind: ArrayKind, data: MutableSequence[Any]) -> Array:
    """An array around elements that have the right shape already."""
    made = ARRAY_CLASSES[kind]()
    made.data = data
    return made


def array_of(kind: ArrayKind, values: Iterable[Any]) -> Array:
    """An array with the given element values, which are in range."""
    listed = list(values)
    made = new_array(kind, new_data(kind, len(listed)))
    store_slice(made.data, 0, listed)
    return made


def store_slice(target: MutableSequence[Any], at: int, values: Any) -> None:
    """Overwrite elements from ``at``; ``values`` may be of any of the shapes."""
    if isinstance(target, array) and not (isinstance(values, array) and values.typecode == target.typecode):
        values = array(target.typecode, values)
    target[at : at + len(values)] = values


def copy_elements(poll: Callable[[], None], to: Array, at: int, source: Array, start: int, count: int) -> None:
    """Copy a range that is in bounds of both; the ranges may overlap."""
    if count <= CHUNK:
        store_slice(to.data, at, source.data[start : start + count])
        return
    offsets = range(0, count, CHUNK)
    for offset in reversed(offsets) if to is source and at > start else offsets:
        size = min(CHUNK, count - offset)
        store_slice(to.data, at + offset, source.data[start + offset : start + offset + size])
        poll()


def fill_elements(poll: Callable[[], None], to: Array, start: int, count: int, value: Any) -> None:
    """Store one value, already narrowed, into a range that is in bounds."""
    size = min(count, CHUNK)
    data = to.data
    piece: Any = bytes((value,)) * size if isinstance(data, bytearray) else [value] * size
    if isinstance(data, array):
        piece = array(data.typecode, piece)
    for offset in range(0, count, CHUNK):
        left = min(CHUNK, count - offset)
        data[start + offset : start + offset + left] = piece if left == size else piece[:left]
        if count > CHUNK:
            poll()


class Closure(HeapObject):
    """A function value: the translated function, its captured first argument if it has one."""

    __slots__ = ("captures", "code", "environment", "index", "signature")
    size = CLOSURE_SIZE

    def __init__(self, code: Callable[..., Any], index: int, signature: int) -> None:
        self.code = code
        self.index = index
        self.signature = signature
        self.captures = False
        self.environment: Any = None


def bind(code: Callable[..., Any], index: int, signature: int, environment: Any) -> Closure:
    """A function value that passes ``environment`` first."""
    made = Closure(code, index, signature)
    made.captures = True
    made.environment = environment
    return made


class TaskObject(HeapObject):
    """Base of the scheduler's task record, which is a heap object of its own kind."""

    __slots__ = ()
    size = TASK_SIZE


def size_of(value: Any) -> int:
    """Accounted bytes of a heap value."""
    return string_size(len(value)) if type(value) is bytes else value.size


class Identities:
    """Identity hashes: numbers from a counter, kept in the object, or in a table for strings.

    The table holds its strings; ``sweep`` drops those that a trace has not reached.
    """

    def __init__(self) -> None:
        self.next = 0
        self.strings: dict[int, tuple[bytes, int]] = {}

    def hash_of(self, value: Any) -> int:
        """The number of this object, a new one if it was never asked for."""
        if type(value) is bytes:
            known = self.strings.get(id(value))
            if known is None:
                known = self.strings[id(value)] = (value, self._take())
            return known[1]
        try:
            return int(value.hash)
        except AttributeError:
            value.hash = self._take()
            return int(value.hash)

    def _take(self) -> int:
        number = self.next
        self.next = (number + 1) & 0xFFFFFFFF
        return number

    def sweep(self, live: set[int]) -> None:
        """Forget strings that are not live."""
        self.strings = {key: entry for key, entry in self.strings.items() if key in live}


class ClassFactory:
    """Makes the Python class of a guest class when it is first needed, and sets of them for type tests."""

    def __init__(
        self,
        layouts: tuple[ClassLayout, ...],
        hierarchy: Hierarchy,
        functions: Callable[[int], Callable[..., Any]],
        attribute: Callable[[str], str],
    ) -> None:
        self._layouts = layouts
        self._hierarchy = hierarchy
        self._functions = functions
        self._attribute = attribute
        self._classes: dict[int, type[GuestObject]] = {}
        self._below: dict[int, set[type]] = {}

    def python_class(self, index: int) -> type[GuestObject]:
        """The class whose instances stand for objects of guest class ``index``."""
        made = self._classes.get(index)
        if made is None:
            made = self._classes[index] = self._make(self._layouts[index])
            for upper, below in self._below.items():
                if self._hierarchy.is_subclass(index, upper):
                    below.add(made)
        return made

    def below(self, index: int) -> set[type]:
        """The set, kept up to date, of the Python classes of guest class ``index`` and those below it."""
        found = self._below.get(index)
        if found is None:
            found = self._below[index] = {
                made for lower, made in self._classes.items() if self._hierarchy.is_subclass(lower, index)
            }
        return found

    def _make(self, layout: ClassLayout) -> type[GuestObject]:
        slots = tuple(f"f{number}" for number in range(len(layout.fields)))
        methods = {slot.name: function for slot, function in zip(layout.slots, layout.vtable, strict=True)}
        methods.update(layout.dispatch)
        body: dict[str, Any] = {
            self._attribute(name): self._functions(function)
            for name, function in methods.items()
            if function is not None
        }
        body |= {
            "__slots__": slots,
            "class_index": layout.index,
            "fields": slots,
            "references": tuple(
                name for name, field in zip(slots, layout.fields, strict=True) if field.type is not None
            ),
            "size": object_size(field.storage for field in layout.fields),
        }
        return type(f"Class{layout.index}", (GuestObject,), body)


def zero_of(layout: ClassLayout) -> tuple[Any, ...]:
    """Default values of the fields."""
    return tuple(
        None if field.type is not None else 0.0 if field.storage.name.startswith("F") else 0 for field in layout.fields
    )
