"""The text form: what it says, and that it says everything."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import given, settings

from pvm.isa.encoding import decode_code, encode_instruction
from pvm.isa.instruction import Imm
from pvm.isa.table import OPCODES
from pvm.isa.types import (
    ANY_NULL,
    STRING,
    ArrayKind,
    HeapKind,
    Prim,
    RefType,
    Signature,
    array_ref,
    class_ref,
    func_ref,
)
from pvm.pbc.asm import assemble
from pvm.pbc.disasm import disassemble
from pvm.pbc.literals import format_float, parse_float
from pvm.pbc.model import Function, Handler, Label, Module, Position
from pvm.pbc.writer import write_module
from pvm.verify import verify
from tests.pbc.strategies import modules

RICH_TEXT = (Path(__file__).parent / "rich.pasm").read_text(encoding="utf-8")


def round_trip(module: Module) -> str:
    text = disassemble(module)
    again = assemble(text)
    assert again == module
    assert write_module(again) == write_module(module)
    assert disassemble(again) == text
    return text


def function(text: str, **module: str) -> Function:
    """Assemble a body inside ``func f(a: i64, s: ref? string)``."""
    head = module.get("head", "")
    return assemble(f"{head}\nfunc f(a: i64, s: ref? string) -> i64 {{\n{text}\n}}").functions[0]


@settings(max_examples=150)
@given(modules())
def test_random_modules_survive(module: Module) -> None:
    round_trip(module)


def test_rich_module_survives() -> None:
    text = round_trip(assemble(RICH_TEXT))
    assert "signature" not in text  # the order of first use is the table's
    assert "branch.if @L1" in text
    assert "  .line sum.peb 1:1                          ; fn sum(n) {" in text


def test_rich_module_means_what_it_says() -> None:
    module = assemble(RICH_TEXT)
    point = module.classes[4]
    assert [definition.name for definition in module.classes[:4]] == ["Throwable", "Shape", "Solid", "Arith"]
    assert module.classes[2].interfaces == (1,)
    assert [(field.name, str(field.storage), field.mutable) for field in point.fields[:3]] == [
        ("x", "f64", True),
        ("y", "f32", False),
        ("small", "u8", True),
    ]
    assert point.fields[3].type == class_ref(4, nullable=True)
    callback = point.fields[5].type
    assert callback is not None
    assert module.signatures[callback.index].results == (Prim.I64,)
    assert [(item.kind.name, item.name, item.boundary) for item in module.imports[2:]] == [
        ("HOST", "log", "(string, bool)"),
        ("HOST", "plain", "(i64, any?) -> f32"),
    ]
    assert [variable.initial for variable in module.globals[:3]] == [-5, -1, 0.0]
    assert math.copysign(1, module.globals[2].initial) == -1
    assert module.strings == ('shape\n\U0001f600"\\',)
    assert [(export.name, export.function, export.boundary) for export in module.exports] == [
        ("main", 3, "(i64) -> i64"),
        ("sum", 3, "(u64) -> i64"),
    ]
    assert dict(module.attributes)["blob"] == b"\x00\xff\x80"
    total = module.functions[3]
    assert total.positions == (
        Position(0, 1, 1),
        Position(0, 2, 5),
        Position(0, 3, 9, "helper", 1),
    )
    assert total.lines == ((0, 0), (8, 1), (15, 2), (22, 1))
    guarded = module.functions[4]
    assert guarded.handlers == (Handler(0, 7, 3, 3), Handler(0, 7, 4, None))
    assert guarded.labels == (
        Label(14, (), (STRING,), 4),
        Label(22, (), (), 4),
        Label(25, (), (), 3, (0,)),
        Label(28, (), (class_ref(3),), 3),
        Label(35, (), (class_ref(0),), 3),
    )


# Labels


def test_default_state_is_what_every_earlier_way_has_initialised() -> None:
    found = function(
        """
  .local x: i64, y: i64, z: i64
    i64.const 1
    local.set x
    i32.const 0
    branch.if @else
    i64.const 1
    local.set y
    jump @join
@else:
    i64.const 1
    local.tee z
    local.set y
@join:
    local.get y
    return"""
    )
    assert [(label.locals, label.gaps) for label in found.labels] == [(3, ()), (4, ())]


def test_default_state_of_a_loop_that_is_entered_from_below() -> None:
    found = function(
        """
  .local x: i64, y: i64
    i64.const 1
    local.set y
    jump @test
@body:
    i64.const 1
    local.set x
@test:
    i32.const 1
    branch.if @body
    local.get a
    return"""
    )
    assert [(label.locals, label.gaps) for label in found.labels] == [(4, (2,)), (4, (2,))]


def test_default_state_of_a_handler_is_that_of_its_range() -> None:
    found = function(
        """
  .local x: i64, y: i64
  .try t @caught
    i64.const 1
    local.set x
    i32.const 1
    branch.if @inside
    i64.const 1
    local.set y
@inside locals 1:
    nop
  .end t
    i64.const 0
    return
@caught:
    throw""",
        head="throwable T\nclass T",
    )
    assert found.labels[1] == Label(16, (), (class_ref(0),), 1)


def test_explicit_states_and_two_names_for_one_place() -> None:
    found = function(
        """
  .local x: i64
    nop
@one [i64, f32 | ref? any, ref array u8] locals 3 except a, #1:
@two
@three locals 3 except a, s
    jump @two"""
    )
    assert found.labels == (Label(1, (Prim.I64, Prim.F32), (ANY_NULL, array_ref(ArrayKind.U8)), 3, (0, 1)),)
    assert decode_code(found.code)[1].immediates == (0,)


def test_a_function_made_to_be_slow_has_a_cheap_rule() -> None:
    labels = tuple(Label(index, locals=2) for index in range(9_000))
    code = b"\x01" * 8_999 + b"\x0a"
    slow = Function("f", 0, (Prim.I64,) * 2_000, code, labels=labels)
    text = round_trip(Module("", signatures=(Signature(()),), functions=(slow,)))
    assert "@L5 locals 2:" in text


# Tables


def test_tables_in_another_order_are_listed() -> None:
    sigs = (Signature((Prim.I64,)), Signature(()), Signature((func_ref(1),)))
    code = b"\x34\x01\x34\x00\x09"
    module = Module(
        "m",
        strings=("first", "second", "unused"),
        signatures=sigs,
        functions=(Function("f", 2, (), code, positions=(Position(1, 1, 1),), lines=((0, 0),)),),
        files=("a", "b"),
    )
    text = round_trip(module)
    assert text.splitlines()[1:14] == [
        "",
        'string "first"',
        'string "second"',
        'string "unused"',
        "",
        "file a",
        "file b",
        "",
        "signature (i64)                                         ; #0",
        "signature ()                                            ; #1",
        "signature (ref func ())                                 ; #2",
        "",
        "func f(ref func ()) {",
    ]


def test_signatures_that_double_in_length_are_listed_by_number() -> None:
    signatures = [Signature(()), *(Signature((func_ref(index), func_ref(index))) for index in range(60))]
    text = round_trip(Module("", signatures=tuple(signatures)))
    assert "(ref func #4, ref func #4)" in text
    assert len(text) < 60 * 600


def test_positions_in_any_order_survive() -> None:
    positions = (Position(0, 9, 9), Position(0, 1, 0), Position(0, 9, 9), Position(0, 2, 2, "g", 1), Position(0, 7, 7))
    lines = ((0, 3), (1, 2), (2, 0), (3, 1))
    module = Module(
        "",
        signatures=(Signature(()),),
        functions=(Function("f", 0, (), b"\x01\x01\x01\x09", positions=positions, lines=lines),),
        files=("odd name",),
    )
    text = round_trip(module)
    assert '  .position "odd name" 9:9\n' in text
    assert "  .line 2:2 in g from #1\n" in text
    assert "  .line #2\n" in text


def test_names_that_are_not_unique_or_not_plain() -> None:
    text = """
global x: i64
global x: i64
class "a b" {
  field "c.d": i64
}
class final extends "a b" {
  field "c.d": i64
  field e: i64
}
func "f g"(x: i64, x: i64) {
    global.get #1
    local.set #0
    local.get 1
    ref.null
    ref.cast ref "a b"
    field.get "a b"."c.d"
    ref.null
    ref.cast ref "final"
    field.get "final".#1
    field.get "final".e
    return
}
"""
    module = assemble(text)
    again = round_trip(module)
    assert "global.get #1" in again
    assert 'field.get "a b"."c.d"' in again
    assert 'field.get "final".#1' in again
    assert 'field.get "final".e' in again
    assert "local.set #0                             ;     2  x" in again


# Instructions and literals

IMMEDIATES = {
    Imm.I32: "-5",
    Imm.I64: "0x7f",
    Imm.F32: "0.1",
    Imm.F64: "-inf",
    Imm.LOCAL: "a",
    Imm.LABEL: "@top",
    Imm.LABELS: "@top @top",
    Imm.FUNC: "f",
    Imm.IMPORT: "k",
    Imm.CLASS: "C",
    Imm.FIELD: "C.x",
    Imm.METHOD: "C.m",
    Imm.SIG: "(i64) -> i64",
    Imm.GLOBAL: "g",
    Imm.STRING: '"text"',
    Imm.ARRAY_KIND: "char",
    Imm.REF_TYPE: "ref? C",
}
HEAD = "import kernel k ()\nglobal g: i64\nclass C {\n  field x: i64\n  method m (ref C)\n}\n"


@pytest.mark.parametrize("opcode", OPCODES, ids=lambda opcode: opcode.mnemonic)
def test_every_opcode_assembles_and_disassembles(opcode: object) -> None:
    line = " ".join([opcode.mnemonic, *(IMMEDIATES[kind] for _, kind in opcode.immediates)])  # type: ignore[attr-defined]
    text = f"{HEAD}func f(a: i64) {{\n@top:\n    {line}\n}}\n"
    module = assemble(text)
    (found,) = decode_code(module.functions[0].code)
    assert found.opcode is opcode
    shown = round_trip(module)
    assert f"\n    {line.replace('@top', '@L0').replace('0x7f', '127')} " in shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("ref any", RefType(HeapKind.ANY, nullable=False)),
        ("ref? string", STRING.with_null(True)),
        ("ref task", RefType(HeapKind.TASK, nullable=False)),
        ("ref array ref", array_ref(ArrayKind.REF)),
        ("ref? C", class_ref(0, nullable=True)),
        ("ref #0", class_ref(0)),
        ("ref func () -> ref func (i64)", func_ref(2)),
    ],
)
def test_reference_types(text: str, value: RefType) -> None:
    body = function(f"  ref.null\n  ref.cast {text}\n  return", head="class C")
    assert decode_code(body.code)[1].immediates == (value,)


@pytest.mark.parametrize(
    ("mnemonic", "text", "value"),
    [
        ("i32", "2147483647", 2**31 - 1),
        ("i32", "0xffff_ffff", -1),
        ("i64", "-9_223_372_036_854_775_808", -(2**63)),
        ("i64", "0x8000000000000000", -(2**63)),
        ("f64", "0x1.8p3", 12.0),
        ("f64", "1e400000", None),
        ("f64", "5e-324", 5e-324),
        ("f64", "1", 1.0),
        ("f32", "0.1", 0.10000000149011612),
        ("f32", "16777217", 16777216.0),
        ("f64", "inf", math.inf),
    ],
)
def test_numbers(mnemonic: str, text: str, value: float | None) -> None:
    if value is None:
        with pytest.raises(Exception, match="too large for f64"):
            function(f"  {mnemonic}.const {text}")
        return
    code = function(f"  {mnemonic}.const {text}").code
    (found,) = decode_code(code)
    assert found.immediates == (value,)
    assert code == encode_instruction(found.opcode, (value,))


@pytest.mark.parametrize(
    ("value", "width", "text"),
    [
        (0.1, 8, "0.1"),
        (-0.0, 8, "-0.0"),
        (math.nan, 4, "nan"),
        (0.10000000149011612, 4, "0.1"),
        (3.4028234663852886e38, 4, "3.4028235e+38"),
        (1.401298464324817e-45, 4, "1.4013e-45"),
        (5e-324, 8, "5e-324"),
    ],
)
def test_floats_are_short_and_exact(value: float, width: int, text: str) -> None:
    assert format_float(value, width) == text
    again = parse_float(text, width)
    assert again == value or math.isnan(value)
    assert math.copysign(1, again) == math.copysign(1, value)


def test_what_is_left_out_has_a_default() -> None:
    module = assemble("func f() {\n return\n}\nexport f", "given")
    assert (module.name, module.version, module.exports[0].boundary) == ("given", (1, 0), "()")
    assert assemble("", "x") == Module("x")
    assert assemble("\r\n ; only a comment \r\n", "x") == Module("x")
    assert assemble('module "a b"\nversion 1.0\nfeatures privileged').features == 1


def test_the_default_states_of_the_rich_module_verify() -> None:
    assert len(verify(assemble(RICH_TEXT)).functions) == 5
