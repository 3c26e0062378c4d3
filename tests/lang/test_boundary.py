"""Exports and host functions of Pebble: each type crosses unchanged, what does not fit is refused."""

from __future__ import annotations

import math
from functools import cache

import pytest

import pvm

# Type of Pebble, values that cross, values that do not.
CASES: dict[str, tuple[list[object], list[object]]] = {
    "Int": ([0, -1, 2**63 - 1, -(2**63)], [2**63, 1.0, "1", None]),
    "Int32": ([-(2**31), 2**31 - 1], [2**31, 0.5]),
    "Int16": ([-(2**15), 2**15 - 1], [2**15]),
    "Int8": ([-128, 127], [128, -129]),
    "UInt64": ([0, 2**64 - 1], [-1, 2**64]),
    "UInt32": ([2**32 - 1], [-1, 2**32]),
    "UInt16": ([65535], [65536, -1]),
    "UInt8": ([255], [256, -1]),
    "Bool": ([True, False], ["x", None]),
    "Char": (["a", "é", "😀"], ["", "ab", 5]),
    "Float": ([0.5, -0.0, math.inf], ["x", None]),
    "Float32": ([0.5, -2.0], ["x"]),
    "String": (["", "héllo 😀"], [5, None, b"x"]),
    "String?": (["x", None], [5]),
    "Array<Int>": ([[1, -2], []], [["x"], [2**63]]),
    "Array<Float>": ([[0.5]], [["x"]]),
    "Array<UInt8>": ([b"\x00\xff"], [[256]]),
}


def identifier(type_: str) -> str:
    return "".join(c for c in type_ if c.isalnum()) + ("OrNull" if type_.endswith("?") else "")


@cache
def module() -> pvm.Module:
    lines = []
    for type_ in CASES:
        name = identifier(type_)
        lines += [
            f'@host("give{name}") fun give{name}(x: {type_}) -> {type_}',
            f"@export fun echo{name}(x: {type_}) -> {type_} = x",
            f"@export fun ask{name}(x: {type_}) -> {type_} = give{name}(x)",
        ]
    return pvm.compile(source="\n".join(lines) + "\n", name="boundary.peb")


def instance(engine: str, answer: object = None) -> pvm.Instance:
    """An instance whose host functions return their argument, or always one answer."""
    imports = {name: (lambda x: x if answer is None else answer) for name in module().host_imports}
    return pvm.Instance(module(), imports=imports, tier=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", CASES)
def test_values_cross_unchanged(type_: str, engine: str) -> None:
    with instance(engine) as running:
        for value in CASES[type_][0]:
            for kind in ("echo", "ask"):
                found = running.call(f"{kind}{identifier(type_)}", value)
                assert list(found) == list(value) if isinstance(value, list | bytes) else found == value
                assert isinstance(found, bool) == isinstance(value, bool)


@pytest.mark.parametrize("type_", CASES)
def test_other_values_are_refused(type_: str, engine: str) -> None:
    name = identifier(type_)
    good = CASES[type_][0][0]
    for value in CASES[type_][1]:
        with instance(engine, value) as running:
            with pytest.raises(pvm.UsageError):
                running.call(f"echo{name}", value)
            if value is not None:
                with pytest.raises(pvm.UsageError):
                    running.call(f"ask{name}", good)


def test_state_stays_between_calls(engine: str) -> None:
    counter = pvm.compile(
        source="""
var total = 0
let seen: List<String> = List<String>()

@export fun add(n: Int, why: String) -> Int {
    total += n
    seen.add(why)
    return total
}
@export fun reasons() -> String = seen.join(", ")
@export fun fail() -> Int = throw StateError("total is ${total}")
""",
        name="counter.peb",
    )
    with pvm.Instance(counter, tier=engine) as one, pvm.Instance(counter, tier=engine) as two:  # type: ignore[arg-type]
        assert [one.call("add", 5, "a"), one.call("add", -2, "b")] == [5, 3]
        with pytest.raises(pvm.Trap) as caught:
            one.call("fail")
        assert (caught.value.exception, caught.value.message) == ("StateError", "total is 3")
        assert one.call("reasons") == "a, b"
        assert two.call("reasons") == ""


def test_host_function_may_call_back(engine: str) -> None:
    recursive = pvm.compile(
        source="""
@host("down") fun down(n: Int) -> Int
@export fun up(n: Int) -> Int = if n == 0 { 0 } else { 1 + down(n - 1) }
""",
        name="recursive.peb",
    )
    running: pvm.Instance
    with pvm.Instance(recursive, imports={"down": lambda n: running.call("up", n)}, tier=engine) as running:  # type: ignore[arg-type]
        assert running.call("up", 20) == 20
