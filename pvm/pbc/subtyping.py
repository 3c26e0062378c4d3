"""Which types stand below which: the subtype relation of one module.

A ``Hierarchy`` answers in constant time: superclasses are preorder intervals over the tree of
classes, interfaces are a set per class, shared by classes that add none.  Function types and array
kinds are invariant; ``ref none`` (null, or nothing at all when non-null) is below everything that
its nullability allows.  Indices are those of one module: never ask about types of another.

Precondition: indices are in range and a class stands after what it extends and implements.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.errors import VerifyError
from pvm.isa.types import HeapKind, RefType, ValueType
from pvm.pbc.literals import shown
from pvm.pbc.model import ClassDef

MAX_INTERFACE_MERGES = 1_000_000
"""Set entries that may be merged while the interfaces of all classes are closed over their superinterfaces."""


class Hierarchy:
    """The classes of a module as an order.

    Raises:
        VerifyError: the closure over interfaces passes ``MAX_INTERFACE_MERGES`` (rule ``limits``).
    """

    __slots__ = ("_first", "_interfaces", "_past")

    def __init__(self, classes: Sequence[ClassDef]) -> None:
        self._interfaces = _close_interfaces(classes)
        self._first, self._past = _number_preorder(classes)

    def interfaces_of(self, index: int) -> frozenset[int]:
        """Every interface that the class implements, inherited ones included, itself not."""
        return self._interfaces[index]

    def preorder(self, index: int) -> tuple[int, int]:
        """The class's number in the preorder of the forest of superclasses, and that past its last subclass's."""
        return self._first[index], self._past[index]

    def is_subclass(self, lower: int, upper: int) -> bool:
        """Class or interface ``lower`` is ``upper``, extends it, or implements it."""
        return self._first[upper] <= self._first[lower] < self._past[upper] or upper in self._interfaces[lower]


def is_subtype(hierarchy: Hierarchy, lower: ValueType, upper: ValueType) -> bool:
    """A value of type ``lower`` may stand where ``upper`` is expected."""
    if not isinstance(lower, RefType) or not isinstance(upper, RefType):
        return lower is upper
    return (upper.nullable or not lower.nullable) and is_heap_subtype(hierarchy, lower, upper)


def is_heap_subtype(hierarchy: Hierarchy, lower: RefType, upper: RefType) -> bool:
    """As ``is_subtype``, whatever the nullability."""
    if upper.kind is HeapKind.ANY or lower.kind is HeapKind.NONE:
        return True
    if lower.kind is not upper.kind:
        return False
    return lower.index == upper.index or (
        lower.kind is HeapKind.CLASS and hierarchy.is_subclass(lower.index, upper.index)
    )


def _close_interfaces(classes: Sequence[ClassDef]) -> tuple[frozenset[int], ...]:
    closures: list[frozenset[int]] = []
    merged = 0
    for definition in classes:
        inherited = frozenset[int]() if definition.superclass is None else closures[definition.superclass]
        if not definition.interfaces:
            closures.append(inherited)
            continue
        merged += len(inherited) + sum(1 + len(closures[each]) for each in definition.interfaces)
        if merged > MAX_INTERFACE_MERGES:
            message = (
                f"class {shown(definition.name)}: expected at most {MAX_INTERFACE_MERGES} interfaces over all classes"
            )
            raise VerifyError("", 0, "limits", message)
        closures.append(inherited.union(definition.interfaces, *(closures[each] for each in definition.interfaces)))
    return tuple(closures)


def _number_preorder(classes: Sequence[ClassDef]) -> tuple[list[int], list[int]]:
    """Give each class the interval of preorder numbers that its subclasses and it have."""
    sizes = [1] * len(classes)
    for index in range(len(classes) - 1, -1, -1):
        superclass = classes[index].superclass
        if superclass is not None:
            sizes[superclass] += sizes[index]
    first = [0] * len(classes)
    free = [0] * len(classes)
    next_root = 0
    for index, definition in enumerate(classes):
        if definition.superclass is None:
            first[index] = next_root
            next_root += sizes[index]
        else:
            first[index] = free[definition.superclass]
            free[definition.superclass] += sizes[index]
        free[index] = first[index] + 1
    return first, [start + size for start, size in zip(first, sizes, strict=True)]
