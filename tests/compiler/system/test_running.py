"""What system modules compute: wrapping numbers, addresses, memory."""

from __future__ import annotations

import math
from typing import Any

import pytest

from pvm.errors import Trap
from tests.compiler.system.running import Image, result

MAX, MIN = (1 << 63) - 1, -(1 << 63)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("wide + 1", MIN),
        ("0 - wide - 2", MAX),
        ("wide * 2", -2),
        ("-(-wide - 1)", MIN),
        ("-7 / two", -3),
        ("-7 % two", -1),
        ("~two", -3),
        ("1 << 62 << two", 0),
        ("-8 >> two", -2),
        ("-8 >>> 60 + two", 3),
        ("two.rotateRight(1 + two)", 1 << 62),
        ("two.leadingZeros() * 100 + two.trailingZeros() * 10 + 7.bitCount()", 6213),
        ("wide.toUInt64().toInt()", MAX),
        ("(-1).toUInt32().toInt()", 0xFFFF_FFFF),
        ("0xFFFF_FFFF.toInt32().toInt()", -1),
        ("(-two).toInt32().toUInt64().toInt()", -2),
        ("(two.toInt32() << 30).toInt()", MIN >> 32),
        ("(two.toUInt32() * 0x8000_0001.toUInt32()).toInt()", 2),
        ("(two.toUInt64() / ((0 - 1).toUInt64())).toInt()", 0),
        ("mulHigh((-1).toUInt64(), two.toUInt64()).toInt()", 1),
        ("mulHighSigned(-1, two)", -1),
        ("2.9.toInt() + (-2.9).toInt() * 10", -18),
        ("(1.0e300).toInt()", MAX),
        ("Float.nan.toInt()", 0),
        ("1.5.toBits()", 0x3FF8 << 48),
        ("Float.fromBits(0x4000 << 48).toInt()", 2),
        ("two.toFloat32().sqrt().toBits()", 0x3FB504F3),
        ("Float32.fromBits(0x3FC0_0000).toFloat().toBits()", 0x3FF8 << 48),
        ("if two.toFloat() < Float.infinity { 1 } else { 0 }", 1),
        ("(two == 2).toInt() + (true != false).toInt()", 2),
        ("'a' + two", 99),
    ],
)
def test_numbers_wrap_around_and_conversions_cut_off(expression: str, value: int) -> None:
    before = f"fun number(n: Int) -> Int = n\nlet top = {MAX}\n"
    text = expression.replace("two", "number(2)").replace("wide", "number(top)")
    assert result(text, before=before) == value
    assert result(expression.replace("two", "2").replace("wide", "top"), before=before) == value


FOLDED = [
    "1 << 9",
    "MAX + 1",
    "-(-MAX - 1)",
    "~7 & 255 ^ 3 | 64",
    "-8 >>> 60",
    "(-8 >> 1) * -7 / 2 - 7 % -4",
    "1.rotateRight(1) ^ 5.rotateLeft(62)",
    "UInt32.max.toInt() + Int32.min.toInt()",
    "(0x8000_0000.toInt32() >> 4).toInt()",
    "(Int32.min >>> 4).toUInt32().toInt()",
    "((1 << 40).toUInt64() / (-1).toUInt64()).toInt()",
    "(UInt64.max % 10 >> 1).toInt()",
    "(Address(64) + 8 - Address(128)) * (Address(-1) > Address(1)).toInt()",
    "if 1 < 2 && !(UInt32.max < 1) || 3 / 2 == 7 { 3 } else { 4 }",
    "(true != false).toInt()",
    "'a' + (1 == 1).toInt()",
]


@pytest.mark.parametrize("expression", FOLDED)
def test_constants_are_what_the_machine_computes(expression: str) -> None:
    before = f"let MAX = {MAX}\n"
    assert result("folded", before=f"{before}let folded: Int = {expression}\n") == result(expression, before=before)


def test_floats_are_the_machine_s() -> None:
    assert result("(2.5).floor() + (-2.5).trunc() + (2.5).round() + (0.5).ceil()", "Float") == 3.0
    assert math.isnan(result("(-1.0).sqrt().abs()", "Float"))


@pytest.mark.parametrize(
    ("stored", "loaded", "value"),
    [
        ("storeInt8(511)", "loadUInt8()", 255),
        ("storeInt8(511)", "loadInt8()", -1),
        ("storeInt16(0x1_8001, 3)", "loadUInt16(3)", 0x8001),
        ("storeInt16(0x1_8001, 3)", "loadInt16(3)", 0x8001 - 0x10000),
        ("storeInt32(-2, 6)", "loadUInt32(6)", 0xFFFF_FFFE),
        ("storeInt32(-2, 6)", "loadInt32(6)", -2),
        ("storeInt64(-3, -8)", "loadInt64(-8)", -3),
        ("storeInt64(0x0102_0304_0506_0708)", "loadUInt8(1)", 7),
        ("storeFloat64(-0.5, 1)", "loadFloat64(1).toBits()", -0x4020 << 48),
        ("storeFloat32(Float32.fromBits(0x3F80_0000), 1)", "loadFloat32(1).toInt()", 1),
    ],
)
def test_loads_and_stores(stored: str, loaded: str, value: int) -> None:
    before = f"fun run(a: Address) -> Int {{\n    a.{stored}\n    return a.{loaded}\n}}\n"
    assert result("run(Address(4096))", before=before) == value


def test_a_store_evaluates_its_value_first() -> None:
    text = """
fun next(a: Address) -> Int {
    a.storeInt64(a.loadInt64() + 1)
    return a.loadInt64()
}
@export("run") fun run() -> Int {
    growMemory(4096)
    let a = Address(0)
    a.storeInt64(next(a), next(a) * 8)
    return a.loadInt64(16)
}
"""
    assert Image(example=text).call("run") == 1


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("(Address(8) + 4).toInt()", 12),
        ("(Address(8) - 4).toInt()", 4),
        ("Address(8) - Address(12)", -4),
        ("(Address(-1) > Address(1)).toInt()", 1),
        ("(Address(8) <= Address(8)).toInt() + (Address(8) == Address(8)).toInt()", 2),
        ("(Address(8) != Address(9)).toInt() + (Address(8) >= Address(9)).toInt()", 1),
    ],
)
def test_addresses_are_unsigned(expression: str, value: int) -> None:
    assert result(expression) == value


BLOCKS = """
@export("fill") fun fill(at: Address, byte: Int, count: Int) { fillMemory(at, byte, count) }
@export("copy") fun copy(to: Address, from: Address, count: Int) { copyMemory(to, from, count) }
@export("size") fun size() -> Int = memorySize()
@export("grow") fun grow(bytes: Int) -> Int = growMemory(bytes)
@export("byte") fun byte(at: Address) -> Int = at.loadUInt8()
"""


@pytest.mark.parametrize("strict", [True, False])
def test_memory_of_a_whole_cage_costs_what_is_used(strict: bool) -> None:
    image = Image(strict=strict, example=BLOCKS)
    assert image.call("size") == 0
    assert image.call("grow", (1 << 32) + 1) == -1
    assert image.call("grow", 1 << 32) == image.call("size") == 1 << 32
    top = (1 << 32) - 200_000
    image.call("fill", top, 0x1FF, 100_000)
    image.call("copy", top + 50_000, top, 100_000)
    assert [image.call("byte", top + offset) for offset in (0, 149_999, 150_000)] == [255, 255, 0]
    with pytest.raises(Trap, match="memory"):
        image.call("byte", 1 << 32)


def test_memory_keeps_its_contents_when_it_grows() -> None:
    image = Image(memory=1 << 20, example=BLOCKS)
    image.call("grow", 100)
    image.call("fill", 90, 7, 10)
    assert image.call("grow", 50) == -1
    assert image.call("grow", 200) == 200
    assert [image.call("byte", at) for at in (89, 99, 100)] == [0, 7, 0]


STATEMENTS = """
import layout
import layout.{small, large as big}

let both = small | big
let start: Address = Address(big)

@export("constants") fun constants() -> Int = both + start.toInt() + layout.small

@export("loops") fun loops(n: Int) -> Int {
    var sum = 0
    outer: for i in 0..<n {
        for j in i..n {
            if j == 3 { continue outer }
            if i == 4 { break outer }
            sum += j
        }
    }
    var left = n
    while left > 0 { left -= 1 }
    do { sum *= 10 } while sum < 50
    for k in (0..10).step(5) { sum += k }
    return sum + left
}

@export("name") fun name(n: Int) -> Int = match n {
    small => 1
    2 | 3 => 2
    10..20 => 3
    'x' => 4
    _ if n < 0 => 5
    else => if n == big { 6 } else { 7 }
}

@export fun fibonacci(n: Int) -> Int {
    if n < 2 { return n }
    return fibonacci(n - 1) + fibonacci(n - 2)
}

fun Address.next() -> Address = this + 8
typealias Bytes = Int
@export fun second(at: Address) -> Bytes = at.next().next().toInt()
"""


def test_statements() -> None:
    image = Image(example=STATEMENTS, layout="pub let small: Int = 1\npub let large: Int = 64\n")
    call: Any = image.call
    assert call("constants") == 65 + 64 + 1
    assert call("loops", 6) == (0 + 1 + 2 + 1 + 2 + 2) * 10 + 15
    assert [call("name", n) for n in (1, 3, 20, 120, -1, 64, 5)] == [1, 2, 3, 4, 5, 6, 7]
    assert call("fibonacci", 15) == 610
    assert call("second", 16) == 32


def test_division_by_zero_is_a_trap() -> None:
    with pytest.raises(Trap, match="zero"):
        result("1 / zero(0)", before="fun zero(n: Int) -> Int = n")
