"""The instruction table as a frozen contract, and the rules that its entries obey.

What stands in files (codes, effects, trap numbers, type bytes) is compared with golden text.  The bodies of the entries
run on a machine that records what they ask for: this shows branches on machine values, effects before traps, and traps
or results that the entry does not declare.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pvm.isa.instruction import Effect, Form, Imm, Opcode, parse_immediates
from pvm.isa.machine import Machine, Val
from pvm.isa.opcodes import integer
from pvm.isa.runtime import ABI_VERSION, RUNTIME_BY_NAME, RUNTIME_FUNCTIONS
from pvm.isa.table import BY_CODE, BY_NAME, FAMILIES, OPCODES, PREFIXES
from pvm.isa.traps import TrapKind
from pvm.isa.types import ANY, ARRAY_STORAGE, ArrayKind, HeapKind, Prim, Storage

GOLDEN = Path(__file__).parent / "golden"
MAX_BODY_LINES = 15

PRIM_SUBJECTS = {"i32", "i64", "f32", "f64"}
SUBJECTS = PRIM_SUBJECTS | {"prim", "ref", "local", "global", "string", "object", "field", "array", "func", "closure"}
SUBJECTS |= {"branch", "call", "tail", "task", "memory"}
BARE = {"unreachable", "nop", "jump", "switch", "return", "throw", "call", "hypercall"}
SUFFIX = r"[a-z]+[0-9]*(_[a-z0-9]+)*"

SPECS = {"i32", "i64", "f32", "f64", "P", "Q", "R", "S", "R!", "any", "any?", "string", "task", "null", "type", "local"}
SPECS |= {"global", "field", "element", "owner", "class", "array", "anyarray", "thunk", "func", "closure", "captured"}
SPECS |= {"params", "results", "fields", "exception"}
SPEC_NEEDS = {
    "type": Imm.REF_TYPE,
    "local": Imm.LOCAL,
    "global": Imm.GLOBAL,
    "field": Imm.FIELD,
    "owner": Imm.FIELD,
    "element": Imm.ARRAY_KIND,
    "array": Imm.ARRAY_KIND,
    "class": Imm.CLASS,
    "fields": Imm.CLASS,
    "closure": Imm.FUNC,
    "captured": Imm.FUNC,
}


def compare(name: str, lines: list[str], *, bless: bool) -> None:
    path = GOLDEN / name
    text = "\n".join(lines) + "\n"
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text.splitlines() == path.read_text(encoding="utf-8").splitlines()


def frozen_line(opcode: Opcode) -> str:
    immediates = " ".join(f"{name}:{kind.name.lower()}" for name, kind in opcode.immediates)
    traps = " ".join(trap.mnemonic for trap in opcode.traps)
    privileged = " privileged" if opcode.privileged else ""
    head = (
        f"{opcode.code:04x} {opcode.mnemonic} [{immediates}] ({opcode.effect}) {opcode.form.name.lower()}{privileged}"
    )
    return f"{head} ! {traps}" if traps else head


def test_opcodes_are_frozen(bless: bool) -> None:
    compare("opcodes.txt", [frozen_line(BY_CODE[code]) for code in sorted(BY_CODE)], bless=bless)


def test_runtime_functions_are_frozen(bless: bool) -> None:
    lines = [f"abi {ABI_VERSION}"]
    for function in RUNTIME_FUNCTIONS:
        traps = " ".join(trap.mnemonic for trap in function.traps)
        cost = f"1 + {function.size} / 16" if function.size else "1"
        lines.append(f"{function.name} {function.signature} costs {cost}" + (f" ! {traps}" if traps else ""))
    compare("runtime.txt", lines, bless=bless)
    assert len(RUNTIME_BY_NAME) == len(RUNTIME_FUNCTIONS)


def test_trap_numbers_are_frozen() -> None:
    assert [(int(kind), kind.mnemonic) for kind in TrapKind] == [
        (0, "unreachable"),
        (1, "divide-by-zero"),
        (2, "integer-overflow"),
        (3, "invalid-conversion"),
        (4, "null-reference"),
        (5, "bad-cast"),
        (6, "index-out-of-bounds"),
        (7, "negative-size"),
        (8, "stack-overflow"),
        (9, "out-of-memory"),
        (10, "deadlock"),
        (11, "invalid-utf8"),
        (12, "memory-out-of-bounds"),
        (13, "invalid-argument"),
        (14, "cancelled"),
    ]
    assert all(kind.message for kind in TrapKind)


def test_type_numbers_are_frozen() -> None:
    assert [(int(prim), str(prim)) for prim in Prim] == [(1, "i32"), (2, "i64"), (3, "f32"), (4, "f64")]
    assert [(int(kind), kind.name) for kind in HeapKind] == [
        (0x10, "ANY"),
        (0x11, "STRING"),
        (0x12, "TASK"),
        (0x13, "CLASS"),
        (0x14, "ARRAY"),
        (0x15, "FUNC"),
        (0x16, "NONE"),
    ]
    assert [(int(kind), str(kind), str(ARRAY_STORAGE[kind])) for kind in ArrayKind] == [
        (0, "bool", "u8"),
        (1, "i8", "i8"),
        (2, "u8", "u8"),
        (3, "i16", "i16"),
        (4, "u16", "u16"),
        (5, "i32", "i32"),
        (6, "u32", "i32"),
        (7, "char", "i32"),
        (8, "i64", "i64"),
        (9, "u64", "i64"),
        (10, "f32", "f32"),
        (11, "f64", "f64"),
        (12, "ref", "ref"),
    ]
    assert [(int(storage), str(storage), storage.size, storage.prim) for storage in Storage] == [
        (1, "i8", 1, Prim.I32),
        (2, "u8", 1, Prim.I32),
        (3, "i16", 2, Prim.I32),
        (4, "u16", 2, Prim.I32),
        (5, "i32", 4, Prim.I32),
        (6, "i64", 8, Prim.I64),
        (7, "f32", 4, Prim.F32),
        (8, "f64", 8, Prim.F64),
        (9, "ref", 4, None),
    ]


def test_codes_and_names_are_unique() -> None:
    assert sum(len(family.opcodes) for family in FAMILIES) == len(OPCODES) == len(BY_CODE) == len(BY_NAME)
    assert len({opcode.ident for opcode in OPCODES}) == len(OPCODES)
    for opcode in OPCODES:
        page, byte = divmod(opcode.code, 0x100)
        assert 0 <= byte <= 0xFF
        if page:
            assert page in PREFIXES
            assert page < 0xF8, f"{opcode.mnemonic}: pages from 0xF8 belong to executors"
        else:
            assert byte not in PREFIXES


@pytest.mark.parametrize("opcode", OPCODES, ids=lambda opcode: opcode.mnemonic)
def test_entry_is_well_formed(opcode: Opcode) -> None:
    assert re.fullmatch(r"(\S.*)?[A-Z0-9(].*\.", opcode.doc), f"doc is no sentence: {opcode.doc!r}"
    subject, _, action = opcode.mnemonic.partition(".")
    if action:
        assert subject in SUBJECTS
        assert re.fullmatch(SUFFIX, action)
    else:
        assert subject in BARE
    assert opcode.ident.isidentifier()
    assert len(set(opcode.traps)) == len(opcode.traps)
    kinds = [kind for _, kind in opcode.immediates]
    for operand in (*opcode.effect.pops, *opcode.effect.pushes):
        assert operand.spec in SPECS
        if operand.spec in SPEC_NEEDS:
            assert SPEC_NEEDS[operand.spec] in kinds, f"{operand} needs an immediate"
    popped = {operand.spec.rstrip("!") for operand in opcode.effect.pops}
    assert all(
        item.spec.rstrip("!") in popped for item in opcode.effect.pushes if item.spec in {"P", "Q", "R", "S", "R!"}
    )
    straight = opcode.form in {Form.SIMPLE, Form.ALLOCATE, Form.BRANCH}
    assert (opcode.semantics is not None) == straight, "the form says who executes it"


def test_notation_is_parsed_and_printed() -> None:
    text = "array:array index:i64 -- value:element"
    effect = Effect.parse(text)
    assert str(effect) == text
    assert [operand.spec for operand in effect.pops] == ["array", "i64"]
    assert str(Effect.parse("--")) == "--"
    assert parse_immediates("target:label type:ref_type") == (("target", Imm.LABEL), ("type", Imm.REF_TYPE))
    assert parse_immediates("") == ()


def test_machine_values_refuse_python_logic() -> None:
    value = Val(1, "i32")
    with pytest.raises(TypeError, match="may not branch"):
        bool(value)
    with pytest.raises(TypeError, match=r"use m\.eq"):
        value == Val(1, "i32")  # noqa: B015 - the comparison itself must fail
    with pytest.raises(TypeError, match=r"use m\.eq"):
        value != 1  # noqa: B015
    with pytest.raises(TypeError, match="unhashable"):
        hash(value)


# The recording machine

INTS, FLOATS = {"i32", "i64"}, {"f32", "f64"}
SAME_INTS = {"add", "sub", "mul", "mul_high_s", "mul_high_u", "div_s", "div_u", "rem_s", "rem_u", "bit_and", "bit_or"}
SAME_INTS |= {"bit_xor", "shl", "shr_s", "shr_u", "rotl", "rotr", "clz", "ctz", "popcnt"}
INT_FLAGS = {f"{name}_overflows_{sign}" for name in ("add", "sub", "mul") for sign in "su"}
INT_FLAGS |= {"eq", "lt_s", "lt_u", "le_s", "le_u"}
SAME_FLOATS = {"fadd", "fsub", "fmul", "fdiv", "fneg", "fabs", "fsqrt", "ffloor", "fceil", "ftrunc", "fnearest"}
SAME_FLOATS |= {"fmin", "fmax", "fcopysign"}
FLOAT_FLAGS = {"feq", "flt", "fle", "is_nan"}
REF_FLAGS = {"ref_eq", "is_null", "is_instance"}
ALLOCATIONS = {"new_object", "new_default", "new_array", "new_closure"}
EFFECTS = ALLOCATIONS | {"local_set", "global_set", "field_store", "array_store", "array_copy", "array_fill", "charge"}
EFFECTS |= {"memory_grow", "memory_store", "memory_copy", "memory_fill"}
FIXED = {"i32": "i32", "i64": "i64", "f32": "f32", "f64": "f64", "null": "ref", "string_const": "ref", "wrap": "i32"}
FIXED |= {
    "extend_s": "i64",
    "extend_u": "i64",
    "promote": "f64",
    "demote": "f32",
    "local_get": "i64",
    "global_get": "i64",
}
FIXED |= {"field_load": "i64", "array_length": "i64", "array_load": "i64", "string_length": "i64", "string_load": "i32"}
FIXED |= {"identity_hash": "i64", "memory_size": "i64", "memory_grow": "i64", "flag_to_i32": "i32"}
FIXED |= dict.fromkeys(ALLOCATIONS, "ref")
OPERAND_KINDS = {
    "wrap": "i64",
    "extend_s": "i32",
    "extend_u": "i32",
    "promote": "f32",
    "demote": "f64",
    "array_length": "ref",
    "string_length": "ref",
    "identity_hash": "ref",
    "charge": "i64",
    "flag_to_i32": "flag",
    "negate": "flag",
    "trap_if": "flag",
}
BITS = {"i32": "f32", "i64": "f64", "f32": "i32", "f64": "i64"}


class Recorder:
    """A machine that knows kinds alone: it notes every primitive called and checks the kinds of its operands."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.traps: list[TrapKind] = []

    def __getattr__(self, name: str) -> Callable[..., Val | None]:
        assert hasattr(Machine, name), f"{name} is no primitive"

        def primitive(*args: Any, **kwargs: Any) -> Val | None:
            signature = inspect.signature(getattr(Machine, name))
            bound = signature.bind(self, *args, **kwargs)
            self.calls.append(name)
            if name == "trap_if":
                self.traps.append(args[1])
            kinds = [value.kind for value in args if isinstance(value, Val)]
            kind = result_kind(name, kinds, bound.arguments)
            return None if kind is None else Val(None, kind)

        return primitive


def result_kind(name: str, kinds: list[str], arguments: dict[str, Any]) -> str | None:
    if name in OPERAND_KINDS:
        assert kinds[0] == OPERAND_KINDS[name], f"{name} of {kinds}"
    if name in SAME_INTS | INT_FLAGS:
        assert set(kinds) <= INTS, f"{name} of {kinds}"
        assert len(set(kinds)) == 1, f"{name} of {kinds}"
    if name in SAME_FLOATS | FLOAT_FLAGS:
        assert set(kinds) <= FLOATS, f"{name} of {kinds}"
        assert len(set(kinds)) == 1, f"{name} of {kinds}"
    if name in REF_FLAGS:
        assert set(kinds) == {"ref"}
    if name in {"both", "either", "negate"}:
        assert set(kinds) == {"flag"}
        return "flag"
    if name in INT_FLAGS | FLOAT_FLAGS | REF_FLAGS:
        return "flag"
    if name in SAME_INTS | SAME_FLOATS | {"int_like", "sign_extend", "zero_extend"}:
        return kinds[0]
    if name == "select":
        condition, first, second = kinds
        assert condition == "flag"
        assert first == second
        return first
    if name in {"trunc_s", "trunc_u", "convert_s", "convert_u", "memory_load"}:
        return str(arguments["to"])
    if name in {"float_bits", "bits_float"}:
        assert kinds[0] in (FLOATS if name == "float_bits" else INTS)
        return BITS[kinds[0]]
    return FIXED.get(name)


IMMEDIATES: dict[Imm, Any] = {
    Imm.F32: 0.0,
    Imm.F64: 0.0,
    Imm.FIELD: (0, 0),
    Imm.ARRAY_KIND: ArrayKind.I64,
    Imm.REF_TYPE: ANY,
}
OF_A_NUMBER = {"P", "Q", "local", "global", "field", "element"}


def kind_of(spec: str) -> str:
    if spec in PRIM_SUBJECTS:
        return spec
    return "i64" if spec in OF_A_NUMBER else "ref"


def record(opcode: Opcode) -> tuple[Recorder, tuple[Val, ...]]:
    assert opcode.semantics is not None
    recorder = Recorder()
    immediates = [IMMEDIATES.get(kind, 0) for _, kind in opcode.immediates]
    operands = [Val(None, kind_of(operand.spec)) for operand in opcode.effect.pops]
    pushed = opcode.semantics(recorder, *immediates, *operands)
    if pushed is None:
        return recorder, ()
    return recorder, pushed if isinstance(pushed, tuple) else (pushed,)


STRAIGHT = tuple(opcode for opcode in OPCODES if opcode.semantics is not None)


@pytest.mark.parametrize("opcode", STRAIGHT, ids=lambda opcode: opcode.mnemonic)
def test_body_obeys_the_rules(opcode: Opcode) -> None:
    recorder, pushed = record(opcode)
    first_effect = next((at for at, name in enumerate(recorder.calls) if name in EFFECTS), len(recorder.calls))
    assert "trap_if" not in recorder.calls[first_effect:], "a trap comes after an effect"
    allocates = bool(ALLOCATIONS & set(recorder.calls))
    assert allocates == (opcode.form is Form.ALLOCATE)
    traps = {*recorder.traps, TrapKind.OUT_OF_MEMORY} if allocates else set(recorder.traps)
    assert traps == set(opcode.traps), "declared traps are not those of the body"
    raw = any(name.startswith("memory_") for name in recorder.calls)
    assert raw == opcode.privileged
    expected = ["flag"] if opcode.form is Form.BRANCH else [kind_of(operand.spec) for operand in opcode.effect.pushes]
    assert [value.kind for value in pushed] == expected


@pytest.mark.parametrize("opcode", integer.FAMILY.opcodes, ids=lambda opcode: opcode.mnemonic)
def test_signedness_is_in_the_name(opcode: Opcode) -> None:
    signs = {name[-1] for name in record(opcode)[0].calls if name.endswith(("_s", "_u"))}
    named = {opcode.mnemonic[-1]} if opcode.mnemonic.endswith(("_s", "_u")) else set()
    assert signs == named


@pytest.mark.parametrize("opcode", STRAIGHT, ids=lambda opcode: opcode.mnemonic)
def test_body_is_short(opcode: Opcode) -> None:
    assert opcode.semantics is not None
    assert len(inspect.getsource(opcode.semantics).splitlines()) <= MAX_BODY_LINES + 8, "decorator included"


def broken_branch(m: Machine, value: Val) -> Val:
    return m.i64(1) if value else value


def broken_order(m: Machine, value: Val) -> None:
    m.local_set(0, value)
    m.trap_if(m.eq(value, m.i64(0)), TrapKind.DIVIDE_BY_ZERO)


def broken_widths(m: Machine, value: Val) -> Val:
    return m.add(value, m.i32(1))


@pytest.mark.parametrize(
    ("body", "effect", "traps", "error", "text"),
    [
        (broken_branch, "value:i64 -- value:i64", (), TypeError, "may not branch"),
        (broken_order, "value:i64 --", (TrapKind.DIVIDE_BY_ZERO,), AssertionError, "a trap comes after an effect"),
        (broken_widths, "value:i64 -- value:i64", (), AssertionError, "add of"),
    ],
)
def test_broken_body_is_found(
    body: Callable[..., Any], effect: str, traps: tuple[TrapKind, ...], error: type[Exception], text: str
) -> None:
    opcode = Opcode(0xDF, "i64.broken", (), Effect.parse(effect), Form.SIMPLE, traps, False, "Broken.", body)
    with pytest.raises(error, match=text):
        test_body_obeys_the_rules(opcode)
