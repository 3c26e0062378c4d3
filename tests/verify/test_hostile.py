"""Modules made to be expensive: time and memory stay in proportion to their size.

Bounds on time are generous, about ten times what was measured; what they catch is a wrong order
of growth, which exceeds them by far.
"""

from __future__ import annotations

import time
import tracemalloc

import pytest

from pvm.errors import VerifyError
from pvm.isa.encoding import encode_instruction, encode_uleb
from pvm.isa.table import BY_NAME
from pvm.isa.types import ANY_NULL, STRING, Prim, Signature, Storage, class_ref
from pvm.pbc.model import ClassDef, ClassFlag, Field, Function, Handler, Label, Method, Module
from pvm.verify import limits, verify
from tests.verify.models import EXCEPTION, code

NOP, RETURN, DROP = code(("nop",)), code(("return",)), code(("ref.drop",))
MIB = 1 << 20


def of_function(function: Function, **tables: object) -> Module:
    return Module("m", signatures=(Signature(()),), functions=(function,))._replace(**tables)


def one(mnemonic: str, *immediates: object) -> bytes:
    return encode_instruction(BY_NAME[mnemonic], immediates)


def measured(module: Module, *, seconds: float, mib: int) -> str:
    """Verify a module within bounds; the rule that it breaks, if it does."""
    start = time.perf_counter()
    rule = broken_rule(module)
    assert time.perf_counter() - start < seconds
    tracemalloc.start()
    again = broken_rule(module)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert again == rule
    assert peak < mib * MIB
    return rule


def broken_rule(module: Module) -> str:
    try:
        verify(module)
    except VerifyError as error:
        return error.rule
    return ""


def test_labels_times_locals() -> None:
    """Sets of 8,000 bytes for each of 30,000 labels would be 240 MB."""
    count = 30_000
    labels = tuple(Label(index) for index in range(count))
    function = Function("f", 0, (Prim.I64,) * 64_000, NOP * count + RETURN, labels)
    assert measured(of_function(function), seconds=2, mib=10) == "limits"


def test_handlers_times_locals() -> None:
    count, size = 2_000, 65_000
    body = b"".join(one("i32.const", 0) + one("local.set", 60_000 + index) for index in range(count))
    step = len(body) // count
    target = len(body) + 1
    handlers = tuple(Handler(index * step, len(body), 0, None) for index in reversed(range(count)))
    function = Function(
        "f", 0, (Prim.I32,) * size, body + RETURN + DROP + RETURN, (Label(target, refs=(class_ref(0),)),), handlers
    )
    module = of_function(function, classes=(EXCEPTION,), throwable=0)
    assert measured(module, seconds=4, mib=60) == ""
    over = function._replace(handlers=handlers * 3)
    assert measured(module._replace(functions=(over,)), seconds=2, mib=40) == "limits"


def test_nested_handlers() -> None:
    count = 20_000
    handlers = tuple(Handler(index, count * 2 - index, 0, None) for index in reversed(range(count)))
    labels = (Label(count * 2 + 1, refs=(class_ref(0),)),)
    function = Function("f", 0, (), NOP * (count * 2) + RETURN + DROP + RETURN, labels, handlers)
    module = of_function(function, classes=(EXCEPTION,), throwable=0)
    assert measured(module, seconds=4, mib=40) == ""


def test_huge_switch() -> None:
    """A switch that names one label 50,000 times, and one that names 50,000 labels."""
    count = 50_000
    many = b"\x08" + encode_uleb(count) + b"\x00" * count
    function = Function("f", 0, (), one("i32.const", 0) + many + RETURN, (Label(len(many) + 2),))
    assert measured(of_function(function), seconds=2, mib=20) == ""
    labels = tuple(Label(index) for index in range(count))
    targets = one("switch", tuple(range(count)))
    function = Function("f", 0, (), NOP * count + one("i32.const", 0) + targets, labels)
    assert measured(of_function(function), seconds=5, mib=80) == ""


def test_deep_stacks_at_many_branches() -> None:
    """Each branch carries 2,000 strings to a label of 2,000 references, and each pair of stacks is new."""
    depth, branches = 2_000, 3_000
    push = one("string.const", 0)
    rounds = b"".join(
        one("i32.const", 0) + one("branch.if", label) + DROP * depth + push * depth for label in range(branches // 100)
    )
    body = push * depth + rounds + RETURN
    assert len(body) < limits.MAX_CODE
    declared = (ANY_NULL,) * depth
    labels = tuple(Label(len(body) + index, refs=declared) for index in range(branches // 100))
    function = Function("f", 0, (), body + RETURN * (branches // 100), labels)
    assert measured(of_function(function, strings=("",)), seconds=5, mib=150) == ""


def test_comparisons_at_labels_run_out() -> None:
    """One deep stack, many labels that differ at the bottom, so that nothing is shared."""
    depth, count = 2_000, 100
    push = one("string.const", 0)
    jumps = b"".join(one("i32.const", 0) + one("branch.if", label) for label in range(count))
    body = push * depth + jumps + RETURN
    types = [class_ref(0, nullable=True), ANY_NULL, STRING.with_null(nullable=True)]
    labels = tuple(
        Label(
            len(body) + index,
            refs=tuple(types[1 + (index >> bit & 1)] for bit in range(7)) + (ANY_NULL,) * (depth - 7),
        )
        for index in range(count)
    )
    function = Function("f", 0, (), body + RETURN * count, labels)
    module = of_function(function, strings=("",), classes=(EXCEPTION,))
    assert measured(module, seconds=4, mib=120) == "limits"


def test_many_states_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pairs of depths that never come again; forgetting changes nothing but memory."""
    body = bytearray()
    for _ in range(200):
        body += one("i32.const", 0) + one("ref.null") * 20 + DROP * 20
    module = of_function(Function("f", 0, (), bytes(body) + RETURN))
    kept = verify(module).functions[0]
    monkeypatch.setattr("pvm.verify.states.MAX_REMEMBERED", 10)
    assert verify(module).functions[0] == kept
    assert (kept.max_prims, kept.max_refs) == (200, 20)


@pytest.mark.parametrize("kind", ["fields", "methods"])
def test_deep_hierarchies(kind: str) -> None:
    """A class below 5,000 others would have 12,500,000 members in all."""
    signatures = tuple(Signature((class_ref(index),)) for index in range(5_000))
    field, flags = (Field("x", Storage.I64),), ClassFlag.ABSTRACT
    classes = tuple(
        ClassDef(
            f"C{index}",
            flags,
            index - 1 if index else None,
            (),
            field if kind == "fields" else (),
            (Method(f"m{index}", index, None),) if kind == "methods" else (),
        )
        for index in range(5_000)
    )
    assert measured(Module("m", signatures=signatures, classes=classes), seconds=4, mib=300) == "limits"


def test_deep_hierarchy_without_members() -> None:
    classes = tuple(
        ClassDef(f"C{index}", ClassFlag.NONE, index - 1 if index else None, (), (), ()) for index in range(20_000)
    )
    module = Module("m", signatures=(Signature(()),), classes=classes)
    assert measured(module, seconds=4, mib=50) == ""
    assert verify(module).hierarchy.is_subclass(19_999, 0)


def test_interfaces_times_interfaces() -> None:
    interfaces = [
        ClassDef(f"I{index}", ClassFlag.INTERFACE, None, (index - 1,) if index else (), (), ())
        for index in range(1_000)
    ]
    classes = [ClassDef(f"C{index}", ClassFlag.NONE, None, tuple(range(1_000)), (), ()) for index in range(200)]
    assert measured(Module("m", classes=(*interfaces, *classes)), seconds=4, mib=100) == "limits"


def test_closures_over_long_signatures() -> None:
    """Dropping the first of 255 parameters is done once for a signature, not for each instruction."""
    long = Signature((STRING, *[Prim.I64] * 254))
    signatures = (Signature(()), long, Signature(long.params[1:]))
    body = (one("string.const", 0) + one("closure.new", 1) + DROP) * 20_000 + RETURN
    functions = (Function("f", 0, (), body), Function("g", 1, (), RETURN))
    module = Module("m", strings=("",), signatures=signatures, functions=functions)
    assert measured(module, seconds=4, mib=60) == ""


def test_too_much_code() -> None:
    body = NOP * (limits.MAX_CODE // 4) + RETURN
    functions = tuple(Function(f"f{index}", 0, (), body) for index in range(4))
    module = Module("m", signatures=(Signature(()),), functions=functions)
    assert measured(module, seconds=1, mib=2) == "limits"


@pytest.mark.parametrize("size", [10_000, 40_000])
def test_straight_code_takes_time_in_proportion(size: int) -> None:
    body = (one("i64.const", 1) + one("i64.const", 2) + one("i64.add") + one("prim.drop")) * (size // 4) + RETURN
    assert measured(of_function(Function("f", 0, (), body)), seconds=size / 20_000, mib=size // 1_000) == ""


def test_many_locals_that_are_set() -> None:
    body = b"".join(one("i32.const", 0) + one("local.set", 45_000 + index) for index in range(20_000))
    function = Function("f", 0, (Prim.I32,) * 65_000, body + RETURN)
    assert measured(of_function(function), seconds=5, mib=40) == ""
