"""Host functions and exports: conversions, errors with their identity, calls back in."""

from __future__ import annotations

import re
import sys
from array import array
from collections.abc import Callable
from typing import Any

import pytest

from pvm.engines.reference.engine import MAX_ACTIVATIONS
from pvm.errors import LinkError, Trap, UsageError
from tests.engines.running import AnyEngine, call, start

TEXT = """
throwable Throwable
class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
import host give (i64) -> i64
func apply(n: i64) -> i64 {
  .try guard @caught
    local.get n
    hypercall give
    return
  .end guard
@caught:
    ref.drop
    i64.const -1
    return
}
func back(n: i64) -> i64 {
    local.get n
    i64.const 100
    i64.add
    return
}
export apply = apply as (i64) -> i64
export back = back as (i64) -> i64
"""


def test_host_exception_keeps_its_identity_and_passes_handlers(engine: str) -> None:
    error = KeyError("mine")

    def give(_: int) -> int:
        raise error

    instance = start(engine, TEXT, host={"give": give})
    with pytest.raises(KeyError) as caught:
        instance.call_export("apply", (1,))
    assert caught.value is error
    assert instance.call_export("back", (1,)) == 101


def test_keyboard_interrupt_passes(engine: str) -> None:
    def give(_: int) -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        start(engine, TEXT, host={"give": give}).call_export("apply", (1,))


def test_host_function_calls_back(engine: str) -> None:
    instances: list[AnyEngine] = []
    instance = start(engine, TEXT, host={"give": lambda n: instances[0].call_export("back", (n,)) + 1})
    instances.append(instance)
    assert instance.call_export("apply", (5,)) == 106


def test_nobody_else_calls_a_running_instance() -> None:
    """As the handler of a signal, between two instructions of the engine."""
    instances: list[AnyEngine] = []

    def give(n: int) -> int:
        machine = instances[0]._machine  # type: ignore[union-attr] # the native engine's
        machine.hosting -= 1
        try:
            with pytest.raises(UsageError, match="the instance is running: nobody but a host function"):
                instances[0].call_export("back", (n,))
        finally:
            machine.hosting += 1
        return n

    instances.append(start("interpreter", TEXT, host={"give": give}))
    assert instances[0].call_export("apply", (5,)) == 5


def test_calls_back_are_limited(engine: str) -> None:
    instances: list[AnyEngine] = []
    depths: list[int] = []

    def give(n: int) -> int:
        depths.append(n)
        return int(instances[0].call_export("apply", (n + 1,)))

    instances.append(start(engine, TEXT, host={"give": give}))
    with pytest.raises(Trap, match="nested too deep"):
        instances[0].call_export("apply", (0,))
    assert len(depths) == MAX_ACTIVATIONS
    assert len(depths) * 30 < sys.getrecursionlimit()


def test_missing_host_function(engine: str) -> None:
    with pytest.raises(LinkError, match="import give: there is no host function"):
        start(engine, TEXT)


ECHO = """
func prim(n: i32) -> i32 {
    local.get n
    return
}
func long(n: i64) -> i64 {
    local.get n
    return
}
func float(n: f32) -> f32 {
    local.get n
    return
}
func text(s: ref? string) -> ref? string {
    local.get s
    return
}
func bytes(a: ref array u8) -> ref array u8 {
    local.get a
    return
}
func doubles(a: ref array f64) -> ref array f64 {
    local.get a
    return
}
func words(a: ref array u64) -> ref array u64 {
    local.get a
    return
}
func flags(a: ref array bool) -> ref array bool {
    local.get a
    return
}
export u8 = prim as (u8) -> u8
export u32 = prim as (u32) -> u32
export i8 = prim as (i8) -> i8
export bool = prim as (bool) -> bool
export char = prim as (char) -> char
export u64 = long as (u64) -> u64
export f32 = float as (f32) -> f32
export text = text as (string?) -> string?
export bytes = bytes as (array u8) -> array u8
export doubles = doubles as (array f64) -> array f64
export words = words as (array u64) -> array u64
export flags = flags as (array bool) -> array bool
"""


class LyingInt(int):
    def __le__(self, other: object) -> bool:
        return True

    def __ge__(self, other: object) -> bool:
        return True

    def __add__(self, other: object) -> int:
        return 7


class LyingFloat(float):
    def __float__(self) -> float:
        return 7.0


class LyingClass:
    """As mocks do."""

    def __init__(self, kind: type) -> None:
        self.kind = kind

    @property  # type: ignore[misc] # it is one for whoever asks the instance
    def __class__(self) -> type:
        return self.kind


class LyingText(str):
    __slots__ = ()

    def encode(self, *_: object) -> bytes:
        return b"lie"

    def __len__(self) -> int:
        return 1


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("u8", 255, 255),
        ("u8", LyingInt(255), 255),
        ("f32", LyingFloat(2.5), 2.5),
        ("text", LyingText("naïve"), "naïve"),
        ("char", LyingText("é"), "é"),
        ("u32", 2**32 - 1, 2**32 - 1),
        ("i8", -128, -128),
        ("bool", True, True),
        ("char", "é", "é"),
        ("u64", 2**64 - 1, 2**64 - 1),
        ("f32", 0.1, 0.10000000149011612),
        ("text", "naïve", "naïve"),
        ("text", None, None),
        ("bytes", b"abc", b"abc"),
        ("bytes", memoryview(bytearray(b"xy")), b"xy"),
        ("bytes", [1, 2], b"\1\2"),
        ("doubles", [1, 2.5], [1.0, 2.5]),
        ("doubles", array("d", [0.5]), [0.5]),
        ("words", (2**64 - 1, 0), [2**64 - 1, 0]),
        ("flags", [True, False], [True, False]),
    ],
)
def test_round_trip(name: str, given: Any, expected: Any, engine: str) -> None:
    found = start(engine, ECHO).call_export(name, (given,))
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("u8", 256, "u8: argument 1: expected u8, from 0 to 255, found 256"),
        ("u8", LyingInt(256), "u8: argument 1: expected u8, from 0 to 255, found 256"),
        ("char", LyingText("ab"), "char: argument 1: expected one character, found 2 or a lone surrogate"),
        ("text", LyingText("\ud800"), "text: argument 1: the text holds a lone surrogate, which is not Unicode"),
        ("u8", True, "u8: argument 1: expected u8, found bool"),
        ("i8", "1", "i8: argument 1: expected i8, found str"),
        ("u64", 1 << 500, "u64: argument 1: expected u64, from 0 to 18446744073709551615, found an int of 501 bits"),
        ("bool", 1, "bool: argument 1: expected bool, found int"),
        ("char", "ab", "char: argument 1: expected one character, found 2 or a lone surrogate"),
        ("f32", 10**400, "f32: argument 1: f32 cannot hold an int of 1329 bits"),
        ("text", b"x", "text: argument 1: expected string?, found bytes"),
        ("text", "\ud800", "text: argument 1: the text holds a lone surrogate, which is not Unicode"),
        ("bytes", "text", "bytes: argument 1: expected a sequence for array u8, found str"),
        ("bytes", [1, 300], "bytes: argument 1[1]: expected u8, from 0 to 255, found 300"),
        ("doubles", [None], "doubles: argument 1[0]: expected f64, found NoneType"),
    ],
)
def test_wrong_argument(name: str, given: Any, message: str, engine: str) -> None:
    with pytest.raises(UsageError) as caught:
        start(engine, ECHO).call_export(name, (given,))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [("u8", int, "u8"), ("f32", float, "f32"), ("char", str, "char"), ("text", str, "string?")],
)
def test_argument_that_lies_about_its_class(name: str, kind: type, expected: str, engine: str) -> None:
    with pytest.raises(UsageError, match=f"{name}: argument 1: expected {re.escape(expected)}, found LyingClass"):
        start(engine, ECHO).call_export(name, (LyingClass(kind),))


def test_wrong_count_and_name(engine: str) -> None:
    instance = start(engine, ECHO)
    with pytest.raises(UsageError, match="u8: expected 1 arguments, found 2"):
        instance.call_export("u8", (1, 2))
    with pytest.raises(UsageError, match="no export 'u9'"):
        instance.call_export("u9", ())


@pytest.mark.parametrize(("given", "message"), [(None, "found NoneType"), (1 << 63, "found 9223372036854775808")])
def test_wrong_host_result(given: object, message: str, engine: str) -> None:
    give: Callable[[int], object] = lambda _: given  # noqa: E731 - the value is what varies
    with pytest.raises(UsageError, match=f"result of host function give: .*{message}"):
        call(start(engine, TEXT, host={"give": give}), "apply", 1)
