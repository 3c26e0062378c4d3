"""Resolved effects: every opcode resolves, and each word of the notation means what it says."""

from __future__ import annotations

from typing import Any

import pytest

from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form, Imm, Opcode
from pvm.isa.table import BY_NAME, OPCODES
from pvm.isa.types import ArrayKind, Bank, Prim, RefType, class_ref
from pvm.pbc.asm import assemble
from pvm.pbc.effects import EffectResolver, TypeVariable, UnresolvedEffect, fixed_effect, item_bank, resolve_effect
from pvm.pbc.layout import layouts

MODULE = assemble(
    """
    throwable Exception
    signature ()
    signature (f64) -> i64
    class Exception {
      field message: ref? string
      field trace: ref? array i32
    }
    class Point {
      field x: u8
      field y: f64
      method moved (ref Point, f64) -> i64 = moved
    }
    class Pixel extends Point {
      const name: ref string
    }
    import runtime string.hash (ref string, i64) -> i64
    global count: f32
    func moved(self: ref Point, by: f64) -> i64 {
      .local other: ref? Pixel
      i64.const 0
      return
    }
    """,
    "m",
)
LAYOUTS = layouts(MODULE)
FUNCTION = MODULE.functions[0]
RESOLVER = EffectResolver(MODULE, LAYOUTS)
POINT, PIXEL = 1, 2
THUNK, RUN = 0, 1  # signatures

SAMPLES: dict[Imm, Any] = {
    Imm.I32: 1,
    Imm.I64: 1,
    Imm.F32: 1.0,
    Imm.F64: 1.0,
    Imm.LOCAL: 2,
    Imm.LABEL: 0,
    Imm.LABELS: (0,),
    Imm.FUNC: 0,
    Imm.IMPORT: 0,
    Imm.CLASS: PIXEL,
    Imm.FIELD: (PIXEL, 2),
    Imm.METHOD: (PIXEL, 0),
    Imm.SIG: RUN,
    Imm.GLOBAL: 0,
    Imm.STRING: 0,
    Imm.ARRAY_KIND: ArrayKind.U8,
    Imm.REF_TYPE: class_ref(PIXEL, nullable=True),
}


def effect(mnemonic: str) -> str:
    opcode = BY_NAME[mnemonic]
    immediates = tuple(SAMPLES[kind] for _, kind in opcode.immediates)
    return str(RESOLVER.resolve(FUNCTION, opcode, immediates))


@pytest.mark.parametrize("opcode", OPCODES, ids=lambda opcode: opcode.mnemonic)
def test_every_effect_resolves(opcode: Opcode) -> None:
    immediates = tuple(SAMPLES[kind] for _, kind in opcode.immediates)
    found = RESOLVER.resolve(FUNCTION, opcode, immediates)
    taken = RESOLVER.resolve_taken(FUNCTION, opcode, immediates)
    for items in (found.pops, found.pushes, taken.pops, taken.pushes):
        assert all(isinstance(item, Prim | RefType | TypeVariable) for item in items)
        assert all(item_bank(item) in Bank for item in items)
    assert taken.pops == found.pops
    assert (taken == found) or opcode.form is Form.BRANCH_REF
    bound = {item.name for item in found.pops if isinstance(item, TypeVariable)}
    assert {item.name for item in (*found.pushes, *taken.pushes) if isinstance(item, TypeVariable)} <= bound
    if fixed_effect(opcode) is not None:
        assert fixed_effect(opcode) == found


@pytest.mark.parametrize(
    ("mnemonic", "expected"),
    [
        ("i64.add", "i64 i64 -- i64"),
        ("local.get", "-- ref? class 2"),
        ("local.set", "ref? class 2 --"),
        ("global.get", "-- f32"),
        ("ref.null", "-- ref? none"),
        ("ref.cast", "ref? any -- ref? class 2"),
        ("ref.select", "ref? class 2 ref? class 2 i32 -- ref? class 2"),
        ("field.get", "ref class 2 -- ref string"),
        ("field.set", "ref class 2 ref string --"),
        ("object.new", "i32 f64 ref string -- ref class 2"),
        ("object.new_default", "-- ref class 2"),
        ("array.new", "i64 -- ref array u8"),
        ("array.get", "ref array u8 i64 -- i32"),
        ("array.copy", "ref array u8 i64 ref array u8 i64 i64 --"),
        ("array.size", "ref array -- i64"),
        ("call", "ref class 1 f64 -- i64"),
        ("call.virtual", "ref class 2 f64 -- i64"),
        ("call.ref", "f64 ref func 1 -- i64"),
        ("call.runtime", "ref string i64 -- i64"),
        ("tail.call", "ref class 1 f64 --"),
        ("tail.virtual", "ref class 2 f64 --"),
        ("return", "i64 --"),
        ("throw", "ref class 0 --"),
        ("closure.new", "ref class 1 -- ref func 1"),
        ("task.spawn", "ref func 0 -- ref task"),
        ("branch.if", "i32 --"),
    ],
)
def test_words(mnemonic: str, expected: str) -> None:
    assert effect(mnemonic) == expected


def test_a_reference_keeps_its_type() -> None:
    found = RESOLVER.resolve(FUNCTION, BY_NAME["ref.as_non_null"], ())
    assert found.pops == (TypeVariable("R"),)
    assert found.pushes == (TypeVariable("R", non_null=True),)


@pytest.mark.parametrize(
    ("mnemonic", "falls", "taken"),
    [
        ("branch.null", (TypeVariable("R", non_null=True),), ()),
        ("branch.non_null", (), (TypeVariable("R", non_null=True),)),
        ("branch.instance", (TypeVariable("R"),), (class_ref(PIXEL, nullable=True),)),
    ],
)
def test_branches_on_references(mnemonic: str, falls: tuple[object, ...], taken: tuple[object, ...]) -> None:
    opcode = BY_NAME[mnemonic]
    immediates = tuple(SAMPLES[kind] for _, kind in opcode.immediates)
    assert RESOLVER.resolve(FUNCTION, opcode, immediates).pushes == falls
    assert RESOLVER.resolve_taken(FUNCTION, opcode, immediates).pushes == taken


def test_elements_of_reference_arrays_are_nullable_any() -> None:
    found = RESOLVER.resolve(FUNCTION, BY_NAME["array.get"], (ArrayKind.REF,))
    assert str(found) == "ref array ref i64 -- ref? any"


def test_one_instruction() -> None:
    instruction = Instruction(BY_NAME["field.get"], ((POINT, 1),), 0, 3)
    assert str(resolve_effect(MODULE, LAYOUTS, FUNCTION, instruction)) == "ref class 1 -- f64"


def test_what_has_no_effect() -> None:
    bare = assemble("func f(n: i64) {\n  return\n}", "m")
    resolver = EffectResolver(bare, ())
    for mnemonic, immediates, rule in (
        ("closure.new", (0,), "closure-environment"),
        ("task.spawn", (), "missing-signature"),
        ("throw", (), "throwable"),
    ):
        with pytest.raises(UnresolvedEffect) as caught:
            resolver.resolve(bare.functions[0], BY_NAME[mnemonic], immediates)
        assert caught.value.rule == rule
