"""Code whose indices are checked against the module."""

from __future__ import annotations

import pytest

from pvm.errors import FormatError
from pvm.isa.types import Prim, Signature, Storage
from pvm.pbc.code import CodeDecoder
from pvm.pbc.model import (
    ClassDef,
    ClassFlag,
    Field,
    Function,
    Global,
    Handler,
    Import,
    ImportKind,
    Label,
    Module,
    Position,
)

BASE = ClassDef("base", ClassFlag.NONE, None, (), (Field("a", Storage.U8),), ())
DERIVED = ClassDef("derived", ClassFlag.NONE, 0, (), (Field("b", Storage.U8),), ())
SHAPE = ClassDef("shape", ClassFlag.INTERFACE, None, (), (), ())
FUNCTION = Function("f", 0, (Prim.I64,), b"\x09", labels=(Label(0),))
MODULE = Module(
    "m",
    strings=("text",),
    signatures=(Signature((Prim.I32,)),),
    classes=(BASE, DERIVED, SHAPE),
    imports=(Import(ImportKind.KERNEL, "k", 0),),
    globals=(Global("g", Prim.I32, True),),
    functions=(FUNCTION,),
    files=("x",),
)


def decode(code: str, **changes: object) -> list[str]:
    function = FUNCTION._replace(code=bytes.fromhex(code), **changes)  # type: ignore[arg-type]
    return [item.opcode.mnemonic for item in CodeDecoder(MODULE).decode(function)]


def test_indices_that_exist() -> None:
    assert decode(
        "2001 02 00 08020000 1000 1400 4001 420101 110105 1300 2300 3400 3c1302 3c1500 09".replace(" ", "")
    ) == [
        "local.get",
        "jump",
        "switch",
        "call",
        "call.runtime",
        "object.new",
        "field.get",
        "call.virtual",
        "call.ref",
        "global.get",
        "string.const",
        "ref.cast",
        "ref.cast",
        "return",
    ]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("2002", "local 2 does not exist: there are 2"),
        ("0201", "label 1 does not exist: there are 1"),
        ("08020001", "label 1 does not exist: there are 1"),
        ("1001", "function 1 does not exist: there are 1"),
        ("1501", "import 1 does not exist: there are 1"),
        ("4003", "class 3 does not exist: there are 3"),
        ("420300", "class 3 does not exist: there are 3"),
        ("420001", "field 1 does not exist: there are 1"),
        ("420102", "field 2 does not exist: there are 2"),
        ("420200", "interface 'shape' has no fields"),
        ("110300", "class 3 does not exist: there are 3"),
        ("1301", "signature 1 does not exist: there are 1"),
        ("2301", "global 1 does not exist: there are 1"),
        ("3401", "string 1 does not exist: there are 1"),
        ("3c1303", "class 3 does not exist: there are 3"),
        ("3c1501", "signature 1 does not exist: there are 1"),
        ("ff", "code ends inside an instruction"),
    ],
)
def test_indices_that_do_not_exist(code: str, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        decode("01" + code)
    assert caught.value.message == f"code of function 'f': {message}"
    assert caught.value.offset == (2 if code == "ff" else 1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": (Label(2),)}, "label 0 is not at the start of an instruction"),
        ({"handlers": (Handler(2, 3, 0, None),)}, "handler 0 does not start at an instruction"),
        ({"handlers": (Handler(0, 2, 0, None),)}, "handler 0 does not end at the start of an instruction"),
        ({"positions": (Position(0, 1, 1),), "lines": ((2, 0),)}, "position is not at the start of an instruction"),
    ],
)
def test_places_inside_an_instruction(changes: dict[str, object], message: str) -> None:
    with pytest.raises(FormatError) as caught:
        decode("01200109", **changes)
    assert (caught.value.offset, caught.value.message) == (2, f"code of function 'f': {message}")


def test_a_handler_may_end_with_the_code() -> None:
    assert decode("0109", handlers=(Handler(0, 2, 0, None),)) == ["nop", "return"]
