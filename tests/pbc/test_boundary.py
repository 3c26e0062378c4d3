"""Boundary signatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pvm.errors import FormatError
from pvm.isa.types import ANY_NULL, STRING, ArrayKind, Prim, Signature, array_ref
from pvm.pbc.boundary import BoundaryKind, format_boundary, matches, parse_boundary


@pytest.mark.parametrize(
    ("text", "canonical", "signature"),
    [
        ("()", "()", Signature(())),
        ("( i8,u32 ,bool) ->char", "(i8, u32, bool) -> char", Signature((Prim.I32,) * 3, (Prim.I32,))),
        ("(u64) -> f32", "(u64) -> f32", Signature((Prim.I64,), (Prim.F32,))),
        ("(string, any?)", "(string, any?)", Signature((STRING, ANY_NULL))),
        ("(array u8) -> string?", None, Signature((array_ref(ArrayKind.U8),), (STRING.with_null(True),))),
    ],
)
def test_text_and_machine_types(text: str, canonical: str | None, signature: Signature) -> None:
    boundary = parse_boundary(text)
    assert format_boundary(boundary) == (canonical or text)
    assert boundary.signature == signature
    assert matches(boundary, signature)
    assert matches(text, signature)


def test_matching_is_exact() -> None:
    assert not matches("(string)", Signature((STRING.with_null(True),)))
    assert not matches("(any)", Signature((STRING,)))
    assert not matches("(i64)", Signature((Prim.I32,)))
    assert not matches("()", Signature((), (Prim.I32,)))


def test_ranges_of_integers() -> None:
    ranges = {
        str(kind.value): parse_boundary(f"({kind.value})").params[0].int_range
        for kind in BoundaryKind
        if kind is not BoundaryKind.ARRAY
    }
    assert ranges["u8"] == (0, 255)
    assert ranges["i64"] == (-(2**63), 2**63 - 1)
    assert ranges["bool"] is None
    assert ranges["string"] is None


@pytest.mark.parametrize(
    ("text", "offset", "message"),
    [
        ("", 0, "expected '(', found its end"),
        ("(", 1, "expected a type, found its end"),
        ("(i64", 4, "expected ')', found its end"),
        ("(i64,)", 5, "expected a type, found ')'"),
        ("(i64) i64", 6, "expected the end, found 'i64'"),
        ("(i64?)", 4, "expected ')', found '?'"),
        (
            "(array ref)",
            7,
            "expected an element kind, one of bool i8 u8 i16 u16 i32 u32 char i64 u64 f32 f64, found 'ref'",
        ),
        ("(I64)", 1, "unexpected 'I'"),
        ("(point)", 1, "expected a type, found 'point'"),
        ("() -> ", 6, "expected a type, found its end"),
    ],
)
def test_malformed(text: str, offset: int, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_boundary(text)
    assert (caught.value.offset, caught.value.message) == (offset, f"boundary signature: {message}")


def test_huge_text_is_refused() -> None:
    with pytest.raises(FormatError, match="at most 8192"):
        parse_boundary("(" * 100_000)


@given(st.text("()->, ?i64u8arystringbol", max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        boundary = parse_boundary(text)
    except FormatError as error:
        offset = error.offset
    else:
        offset = 0
        assert parse_boundary(str(boundary)) == boundary
    assert 0 <= offset <= len(text)
