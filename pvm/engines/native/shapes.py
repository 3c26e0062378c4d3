"""Where fields are in objects, and where parameters, locals and operands are in frames."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pvm.engines.native.layout import FRAME_SLOTS, HEADER_SIZE
from pvm.isa.types import RefType, Storage
from pvm.pbc.layout import ClassLayout
from pvm.pbc.model import ClassDef
from pvm.verify.verified import VerifiedFunction


class ObjectShape(NamedTuple):
    """Where the fields of a class are: byte offsets in the order of the fields, references, the end."""

    offsets: tuple[int, ...]
    references: tuple[int, ...]
    end: int

    @property
    def size(self) -> int:
        """Bytes of an instance, a multiple of 8."""
        return (self.end + 7) & -8


def object_shapes(classes: Sequence[ClassDef], layouts: Sequence[ClassLayout]) -> list[ObjectShape]:
    """Place the fields of every class: inherited ones where they are, then its own, large ones first."""
    shapes: list[ObjectShape] = []
    for definition in classes:
        base = ObjectShape((), (), HEADER_SIZE) if definition.superclass is None else shapes[definition.superclass]
        own = [field.storage for field in definition.fields]
        offsets, end = _place(own, base.end)
        references = base.references + tuple(
            sorted(at for at, storage in zip(offsets, own, strict=True) if storage is Storage.REF)
        )
        shapes.append(ObjectShape(base.offsets + tuple(offsets), references, end))
    return shapes


def _place(storages: Sequence[Storage], start: int) -> tuple[list[int], int]:
    offsets = [0] * len(storages)
    end = start
    for number in sorted(range(len(storages)), key=lambda at: -storages[at].size):
        size = storages[number].size
        end = (end + size - 1) & -size
        offsets[number] = end
        end += size
    return offsets, end


class FrameShape(NamedTuple):
    """Slots of one function's frames.

    ``locals`` gives the slot of each local; operands of the reference stack are at ``ref_operands``
    and up, of the primitive stack at ``prim_operands`` and up.
    """

    locals: tuple[int, ...]
    ref_operands: int
    prim_operands: int
    ref_params: int
    params: int
    refs: int
    size: int
    """Words, header included."""


def frame_shape(function: VerifiedFunction, param_count: int) -> FrameShape:
    """Place everything: reference parameters, primitive parameters, other references, other primitives."""
    types = function.local_types
    is_ref = [isinstance(each, RefType) for each in types]
    ref_params = sum(is_ref[:param_count])
    next_ref, next_prim = FRAME_SLOTS, FRAME_SLOTS + ref_params
    slots = []
    for number, ref in enumerate(is_ref):
        if number == param_count:
            next_ref = FRAME_SLOTS + param_count
            next_prim = next_ref + sum(is_ref[param_count:]) + function.max_refs
        slots.append(next_ref if ref else next_prim)
        if ref:
            next_ref += 1
        else:
            next_prim += 1
    if len(types) == param_count:
        next_ref = FRAME_SLOTS + param_count
        next_prim = next_ref + function.max_refs
    refs = sum(is_ref[param_count:]) + function.max_refs
    size = FRAME_SLOTS + len(types) + function.max_refs + function.max_prims
    assert size * 8 == function.frame_size
    return FrameShape(tuple(slots), next_ref, next_prim, ref_params, param_count, refs, size)
