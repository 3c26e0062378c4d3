"""Faults that are planted in what compiled code computes at the edges of types, and what it tells the collector."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from pvm.engines.native.jit.lowering import JitLowering
from pvm.engines.native.llvm.heap import HeapLowering
from pvm.isa.machine import Val
from pvm.isa.opcodes import integer
from pvm.isa.types import Storage
from tests.fuzz.planting import Patch, changed, constant

_SIGNED = {Storage.U8: Storage.I8, Storage.U16: Storage.I16}


def shift_counts_are_small() -> Patch:
    """Shift counts are taken to be less than the width."""
    return mock.patch.object(integer, "_count", lambda _, count: count)


def nans_keep_their_bits() -> Patch:
    """Where the bits of a float are looked at, a NaN is not made canonical."""

    def float_bits(self: JitLowering, a: Val) -> Val:
        return self.convert("bitcast", a, "i32" if a.kind == "f32" else "i64")

    return mock.patch.object(JitLowering, "float_bits", float_bits, create=True)


def nothing_is_no_number() -> Patch:
    """What is no number is less than all numbers."""
    return mock.patch.object(JitLowering, "flt", lambda self, a, b: self.compare("fcmp ult", a, b), create=True)


def narrow_elements_have_signs() -> Patch:
    """Bytes and short numbers are extended by their sign, also where they have none."""

    def load(self: Any, storage: Storage, pointer: str, aliases: str = "") -> Val:
        return HeapLowering.load(self, _SIGNED.get(storage, storage), pointer, aliases)

    return mock.patch.object(JitLowering, "load", load, create=True)


def minus_one_divides_like_others() -> Patch:
    """The least number divided by -1 is taken not to overflow."""
    return mock.patch.object(integer, "_is_minimum", lambda m, value: m.eq(value, m.int_like(value, 5)))


def null_is_of_no_type() -> Patch:
    """Null is taken not to be of a nullable type."""
    return changed(JitLowering, "_or_null", lambda _: lambda _self, _a, passed: Val(passed, "flag"))


def collectors_are_told_too_late() -> Patch:
    """The collector is told of a reference that is overwritten when it has been."""

    def store_reference(self: JitLowering, obj: Val, address: Val, value: Val, aliases: str = "") -> None:
        place, card = (
            self.text.value(f"getelementptr i8, ptr {base}, i64 {index}") for base, index in self._places(address)
        )
        self.store_plainly(place, card, value, aliases)
        with constant(JitLowering, "store_plainly", None):
            original(self, obj, address, value, aliases)

    original = JitLowering.store_reference
    return mock.patch.object(JitLowering, "store_reference", store_reference)


FAULTS_OF_NUMBERS: tuple[Callable[[], Patch], ...] = (
    shift_counts_are_small,
    nans_keep_their_bits,
    nothing_is_no_number,
    narrow_elements_have_signs,
    minus_one_divides_like_others,
    null_is_of_no_type,
    collectors_are_told_too_late,
)
