"""Flattened classes and the subtype relation, with expectations worked out by hand."""

from __future__ import annotations

import pytest

from pvm.errors import VerifyError
from pvm.isa.types import (
    ANY,
    ANY_NULL,
    NULL,
    STRING,
    TASK,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Storage,
    array_ref,
    class_ref,
    func_ref,
)
from pvm.pbc import layout, subtyping
from pvm.pbc.layout import Slot, layouts
from pvm.pbc.model import ClassDef, ClassFlag, Field, Method, Module
from pvm.pbc.subtyping import Hierarchy, is_subtype

INTERFACE = ClassFlag.INTERFACE
X, Y = Field("x", Storage.I64), Field("y", Storage.REF, STRING)


def make(
    flags: ClassFlag = ClassFlag.NONE,
    base: int | None = None,
    interfaces: tuple[int, ...] = (),
    fields: tuple[Field, ...] = (),
    methods: tuple[Method, ...] = (),
) -> ClassDef:
    return ClassDef("C", flags, base, interfaces, fields, methods)


def flat(*classes: ClassDef) -> tuple[layout.ClassLayout, ...]:
    return layouts(Module("m", classes=classes))


def test_fields_and_slots_have_inherited_ones_first() -> None:
    base, derived = flat(
        make(fields=(X,), methods=(Method("a", 10, 1), Method("b", 11, None))),
        make(base=0, fields=(Y,), methods=(Method("c", 12, 3), Method("b", 11, 2))),
    )
    assert base.vtable == (1, None)
    assert derived.fields == (X, Y)
    assert derived.slots == (Slot("a", 10, 0), Slot("b", 11, 0), Slot("c", 12, 1))
    assert derived.vtable == (1, 2, 3)
    assert derived.slot_index == {"a": 0, "b": 1, "c": 2}


def test_interface_slots_are_merged_in_order_and_the_first_of_a_name_wins() -> None:
    found = flat(
        make(INTERFACE, methods=(Method("a", 1, None), Method("b", 2, None))),
        make(INTERFACE, methods=(Method("b", 3, None), Method("c", 4, None))),
        make(INTERFACE, interfaces=(1, 0), methods=(Method("d", 5, None),)),
    )
    assert found[2].slots == (Slot("b", 3, 1), Slot("c", 4, 1), Slot("a", 1, 0), Slot("d", 5, 2))


def test_a_method_wins_over_a_default_and_a_subinterface_over_its_superinterface() -> None:
    found = flat(
        make(INTERFACE, methods=(Method("a", 1, 100), Method("b", 2, 101), Method("c", 3, None))),
        make(INTERFACE, interfaces=(0,), methods=(Method("a", 1, 110),)),
        make(interfaces=(0,), methods=(Method("b", 4, 120),)),
        make(base=2, interfaces=(1,)),
        make(base=3, methods=(Method("b", 4, 140), Method("c", 5, 141))),
    )
    assert found[1].vtable == (110, 101, None)
    assert found[2].dispatch == {"a": 100, "b": 120, "c": None}
    assert found[3].dispatch == {"a": 110, "b": 120, "c": None}
    assert found[4].dispatch == {"a": 110, "b": 140, "c": 141}


def test_listing_a_superinterface_again_does_not_bring_its_default_back() -> None:
    found = flat(
        make(INTERFACE, methods=(Method("a", 1, 100),)),
        make(INTERFACE, interfaces=(0,), methods=(Method("a", 1, 110),)),
        make(interfaces=(1, 0)),
    )
    assert found[2].dispatch == {"a": 110}


def test_an_abstract_method_wins_over_a_default() -> None:
    found = flat(
        make(INTERFACE, methods=(Method("a", 1, 100),)), make(methods=(Method("a", 2, None),), interfaces=(0,))
    )
    assert found[1].dispatch == {"a": None}


def test_kinds_of_class() -> None:
    found = flat(make(INTERFACE), make(ClassFlag.ABSTRACT), make(fields=(Y,)), make(fields=(X,)))
    assert [each.is_concrete for each in found] == [False, False, True, True]
    assert [each.is_defaultable for each in found] == [True, True, False, True]
    assert found[2].type == class_ref(2)


def test_flattening_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "MAX_FLATTENED", 5)
    assert len(flat(make(fields=(X,)), make(base=0, fields=(X,)))[1].fields) == 2  # 1 + 2
    with pytest.raises(VerifyError, match=r"expected at most 5 fields and slots over all classes \[limits\]"):
        flat(make(fields=(X,)), make(base=0, fields=(X,)), make(base=1, fields=(X,)))


def test_a_name_is_safe_to_print_where_limits_are_exceeded(monkeypatch: pytest.MonkeyPatch) -> None:
    evil = make(INTERFACE)._replace(name="\x1b[2J" + "x" * 100)
    monkeypatch.setattr(layout, "MAX_FLATTENED", 0)
    monkeypatch.setattr(subtyping, "MAX_INTERFACE_MERGES", 0)
    for check in (
        lambda: flat(evil._replace(flags=ClassFlag.NONE, fields=(X,))),
        lambda: Hierarchy([make(INTERFACE), evil._replace(interfaces=(0,))]),
    ):
        with pytest.raises(VerifyError) as caught:
            check()
        assert str(caught.value).startswith(r"module: class '\x1b[2Jxxx")
        assert str(caught.value).isprintable()
        assert len(caught.value.message) < 200


def test_closing_interfaces_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subtyping, "MAX_INTERFACE_MERGES", 3)
    chain = [make(INTERFACE), make(INTERFACE, interfaces=(0,)), make(INTERFACE, interfaces=(1,))]
    assert Hierarchy(chain).interfaces_of(2) == {0, 1}  # 1 + 2
    with pytest.raises(VerifyError, match=r"expected at most 3 interfaces over all classes \[limits\]"):
        Hierarchy([*chain, make(interfaces=(0,))])


#       0 Shape    2 Named (interface)  3 Tagged (interface) extends Named
#       1 Circle extends Shape   4 Disc extends Circle implements Tagged   5 Square extends Shape   6 Other
HIERARCHY = Hierarchy(
    [
        make(),
        make(base=0),
        make(INTERFACE),
        make(INTERFACE, interfaces=(2,)),
        make(base=1, interfaces=(3,)),
        make(base=0),
        make(),
    ]
)
ABOVE = {0: {0}, 1: {0, 1}, 2: {2}, 3: {2, 3}, 4: {0, 1, 2, 3, 4}, 5: {0, 5}, 6: {6}}


def test_subclasses() -> None:
    for lower in range(7):
        assert {upper for upper in range(7) if HIERARCHY.is_subclass(lower, upper)} == ABOVE[lower]


NOTHING = RefType(HeapKind.NONE, nullable=False)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (Prim.I32, Prim.I32),
        (STRING, STRING),
        (STRING, STRING.with_null(nullable=True)),
        (STRING, ANY),
        (ANY, ANY_NULL),
        (TASK, ANY),
        (class_ref(4), class_ref(0)),
        (class_ref(4), class_ref(2, nullable=True)),
        (class_ref(2), ANY),
        (array_ref(ArrayKind.U8), ANY_NULL),
        (func_ref(3), func_ref(3, nullable=True)),
        (NULL, ANY_NULL),
        (NULL, class_ref(1, nullable=True)),
        (NULL, func_ref(1, nullable=True)),
        (NOTHING, STRING),
        (NOTHING, NULL),
    ],
)
def test_subtypes(lower: Prim | RefType, upper: Prim | RefType) -> None:
    assert is_subtype(HIERARCHY, lower, upper)


@pytest.mark.parametrize(
    ("lower", "upper"),
    [
        (Prim.I32, Prim.I64),
        (Prim.I32, ANY),
        (ANY, Prim.I32),
        (STRING.with_null(nullable=True), STRING),
        (ANY_NULL, ANY),
        (ANY, STRING),
        (ANY, class_ref(0)),
        (class_ref(0), class_ref(1)),
        (class_ref(4, nullable=True), class_ref(0)),
        (class_ref(1), class_ref(5)),
        (class_ref(0), class_ref(2)),
        (array_ref(ArrayKind.U8), array_ref(ArrayKind.I8)),
        (array_ref(ArrayKind.REF), array_ref(ArrayKind.U8)),
        (func_ref(3), func_ref(4)),
        (class_ref(3), func_ref(3)),
        (NULL, ANY),
        (NULL, STRING),
        (ANY, NULL),
    ],
)
def test_no_subtypes(lower: Prim | RefType, upper: Prim | RefType) -> None:
    assert not is_subtype(HIERARCHY, lower, upper)
