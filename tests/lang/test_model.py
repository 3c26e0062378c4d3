"""Numbers, text and collections of the library against Python: the same operations on many values, edges first."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cache

import pytest

import pvm

INTEGERS = {
    "Int": (64, True),
    "Int32": (32, True),
    "Int16": (16, True),
    "Int8": (8, True),
    "UInt64": (64, False),
    "UInt32": (32, False),
    "UInt16": (16, False),
    "UInt8": (8, False),
}
BINARY = {
    "plus": "a + b",
    "minus": "a - b",
    "times": "a * b",
    "div": "a / b",
    "rem": "a % b",
    "wrappingPlus": "a &+ b",
    "wrappingMinus": "a &- b",
    "wrappingTimes": "a &* b",
    "and": "a & b",
    "or": "a | b",
    "xor": "a ^ b",
}
COMPARISONS = {"lt": "a < b", "le": "a <= b", "gt": "a > b", "ge": "a >= b", "eq": "a == b", "ne": "a != b"}
THROWS = "ArithmeticError"


def limits(name: str) -> tuple[int, int]:
    bits, signed = INTEGERS[name]
    return (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)


def wrapped(value: int, name: str) -> int:
    bits, signed = INTEGERS[name]
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def checked(value: int, name: str) -> int | str:
    low, high = limits(name)
    return value if low <= value <= high else THROWS


def quotient(a: int, b: int) -> int:
    q = abs(a) // abs(b)
    return -q if (a < 0) != (b < 0) else q


def modelled(operation: str, a: int, b: int, name: str) -> int | str:
    """What an operation on two integers of a type gives."""
    match operation:
        case "plus":
            return checked(a + b, name)
        case "minus":
            return checked(a - b, name)
        case "times":
            return checked(a * b, name)
        case "div":
            return checked(quotient(a, b), name) if b else THROWS
        case "rem":
            return a - quotient(a, b) * b if b else THROWS
        case "wrappingPlus":
            return wrapped(a + b, name)
        case "wrappingMinus":
            return wrapped(a - b, name)
        case "wrappingTimes":
            return wrapped(a * b, name)
        case "and":
            return a & b
        case "or":
            return a | b
        case _:
            return a ^ b


@cache
def arithmetic(name: str) -> pvm.Module:
    """Each operation of an integer type as an export."""
    signed = INTEGERS[name][1]
    lines = [f"@export fun {op}_(a: {name}, b: {name}) -> {name} = {text}" for op, text in BINARY.items()]
    lines += [f"@export fun {op}(a: {name}, b: {name}) -> Bool = {text}" for op, text in COMPARISONS.items()]
    lines += [
        f"@export fun shl_(a: {name}, n: Int) -> {name} = a << n",
        f"@export fun wrappingShl_(a: {name}, n: Int) -> {name} = a &<< n",
        f"@export fun shr_(a: {name}, n: Int) -> {name} = a >> n",
        f"@export fun inv_(a: {name}) -> {name} = ~a",
        f"@export fun text(a: {name}) -> String = a.toString()",
        f'@export fun shown(a: {name}) -> String = "${{a}}"',
        f"@export fun order(a: {name}, b: {name}) -> Int = a.compareTo(b)",
        f"@export fun toFloat_(a: {name}) -> Float = a.toFloat()",
    ]
    if signed:
        lines.append(f"@export fun negate_(a: {name}) -> {name} = -a")
    for other in INTEGERS:
        if other != name:
            lines.append(f"@export fun to{other}_(a: {name}) -> {other} = a.to{other}()")
            lines.append(f"@export fun wrapTo{other}_(a: {name}) -> {other} = a.wrapTo{other}()")
    return pvm.compile(source="\n".join(lines) + "\n", name=f"{name}.peb")


def outcome(instance: pvm.Instance, name: str, *arguments: object) -> object:
    try:
        return instance.call(name, *arguments)
    except pvm.Trap as trap:
        return trap.exception


def values_of(name: str, dice: random.Random, count: int) -> list[int]:
    """Edges of the type, then random values of every magnitude."""
    low, high = limits(name)
    edges = {low, low + 1, -1, 0, 1, 2, 7, high // 2, high - 1, high}
    found = [value for value in sorted(edges) if low <= value <= high]
    for _ in range(count):
        size = dice.randrange(1, INTEGERS[name][0] + 1)
        value = dice.getrandbits(size) * dice.choice([1, -1])
        found.append(wrapped(value, name))
    return found


@pytest.mark.parametrize("name", INTEGERS)
def test_integers(name: str, engine: str) -> None:
    values = values_of(name, random.Random(1), 8)
    with pvm.Instance(arithmetic(name), tier=engine) as instance:  # type: ignore[arg-type]
        for a in values:
            for b in values:
                for op in BINARY:
                    assert outcome(instance, f"{op}_", a, b) == modelled(op, a, b, name), (op, a, b)
                assert [instance.call(op, a, b) for op in COMPARISONS] == [a < b, a <= b, a > b, a >= b, a == b, a != b]
                assert instance.call("order", a, b) == (a > b) - (a < b)


@pytest.mark.parametrize("name", INTEGERS)
def test_integers_shifted_converted_and_shown(name: str, engine: str) -> None:
    bits, signed = INTEGERS[name]
    with pvm.Instance(arithmetic(name), tier=engine) as instance:  # type: ignore[arg-type]
        for a in values_of(name, random.Random(2), 20):
            for n in (0, 1, bits // 2, bits - 1, bits, bits + 3, -1):
                assert instance.call("shl_", a, n) == wrapped(a << (n % bits), name), (a, n)
                assert instance.call("wrappingShl_", a, n) == wrapped(a << (n % bits), name), (a, n)
                assert instance.call("shr_", a, n) == a >> (n % bits), (a, n)
            assert instance.call("inv_", a) == wrapped(~a, name)
            assert instance.call("text", a) == instance.call("shown", a) == str(a)
            assert instance.call("toFloat_", a) == float(a)
            if signed:
                assert outcome(instance, "negate_", a) == checked(-a, name)
            for other in INTEGERS:
                if other != name:
                    assert outcome(instance, f"to{other}_", a) == checked(a, other), (a, other)
                    assert instance.call(f"wrapTo{other}_", a) == wrapped(a, other), (a, other)


# Floating-point numbers

FLOATS = """
import math
@export fun text(x: Float) -> String = x.toString()
@export fun fixed(x: Float, digits: Int) -> String = x.toFixed(digits)
@export fun parsed(text: String) -> Float = text.toFloat()
@export fun toInt_(x: Float) -> Int = x.toInt()
@export fun clamped(x: Float) -> Int = x.clampToInt()
@export fun toFloat32_(x: Float) -> Float32 = x.toFloat32()
@export fun text32(x: Float32) -> String = x.toString()
@export fun rem_(x: Float, y: Float) -> Float = x % y
@export fun rounded(x: Float) -> Float = x.round()
@export fun floor_(x: Float) -> Float = x.floor()
@export fun ceil_(x: Float) -> Float = x.ceil()
@export fun truncated(x: Float) -> Float = x.truncate()
@export fun sqrt_(x: Float) -> Float = x.sqrt()
@export fun exp(x: Float) -> Float = math.exp(x)
@export fun ln(x: Float) -> Float = math.ln(x)
@export fun sin(x: Float) -> Float = math.sin(x)
@export fun cos(x: Float) -> Float = math.cos(x)
@export fun atan(x: Float) -> Float = math.atan(x)
@export fun hypot(x: Float, y: Float) -> Float = math.hypot(x, y)
"""


@cache
def floating() -> pvm.Module:
    return pvm.compile(source=FLOATS, name="floats.peb")


def floats(dice: random.Random, count: int) -> list[float]:
    """Numbers that are hard to print or to round, then random bits."""
    found = [0.0, -0.0, 1.0, -1.5, 0.1, 2.5, 0.5, 1e15, 1e16, 1e17, 123456789.123, 1e-4, 9.999e-5, 5e-324, 1.7e308]
    found += [2.0**53, 2.0**63, -(2.0**63), 2.0**63 - 1024, 0.3, 1e22, 1e23, 9007199254740993.0, 4.35, 1.005, -2.675]
    for _ in range(count):
        (value,) = struct.unpack("<d", dice.randbytes(8))
        found.append(value)
        found.append(round(dice.uniform(-1000, 1000), dice.randrange(6)))
    return [value for value in found if math.isfinite(value)]


def shortest(value: float) -> str:
    """The text of a float: Python's, but for leading zeros of exponents."""
    text = repr(value)
    mantissa, e, exponent = text.partition("e")
    if not e:
        return text
    # Python writes 1e-05 and 1e+16; whole mantissas have no point in either form.
    return f"{mantissa}e{exponent[0]}{exponent[1:].lstrip('0')}"


def fixed(value: float, digits: int) -> str:
    with localcontext() as context:
        context.prec = 800
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_EVEN)
    return f"{rounded:f}"


def test_floats_as_text(engine: str) -> None:
    with pvm.Instance(floating(), tier=engine) as instance:  # type: ignore[arg-type]
        for value in floats(random.Random(3), 60):
            assert instance.call("text", value) == shortest(value)
            assert instance.call("parsed", repr(value)) == value
            (single,) = struct.unpack("<f", struct.pack("<f", value)) if abs(value) < 3e38 else (1.5,)
            shown = instance.call("text32", single)
            assert struct.pack("<f", float(shown)) == struct.pack("<f", single), shown
            if value == 0 or 1e-12 < abs(value) < 1e18:
                for digits in (0, 1, 2, 5, 17):
                    assert instance.call("fixed", value, digits) == fixed(value, digits), (value, digits)


def test_floats_rounded_and_converted(engine: str) -> None:
    with pvm.Instance(floating(), tier=engine) as instance:  # type: ignore[arg-type]
        for value in floats(random.Random(4), 60):
            fits = -(2**63) <= math.trunc(value) < 2**63
            assert outcome(instance, "toInt_", value) == (math.trunc(value) if fits else "CastError")
            assert instance.call("clamped", value) == max(-(2**63), min(2**63 - 1, math.trunc(value)))
            assert instance.call("rounded", value) == round(value)
            assert instance.call("floor_", value) == math.floor(value)
            assert instance.call("ceil_", value) == math.ceil(value)
            assert instance.call("truncated", value) == math.trunc(value)
            for divisor in (3.0, -0.7, 1e-300):
                assert instance.call("rem_", value, divisor) == math.fmod(value, divisor)
            if value >= 0:
                assert instance.call("sqrt_", value) == math.sqrt(value)


@pytest.mark.parametrize(
    ("name", "function", "low", "high"),
    [
        ("exp", math.exp, -700.0, 700.0),
        ("ln", math.log, 1e-300, 1e6),
        ("sin", math.sin, -1e5, 1e5),
        ("cos", math.cos, -1e5, 1e5),
        ("atan", math.atan, -50.0, 50.0),
    ],
)
def test_functions_of_mathematics(
    name: str, function: Callable[[float], float], low: float, high: float, engine: str
) -> None:
    dice = random.Random(5)
    values = [dice.uniform(low, high) for _ in range(60)] + [dice.uniform(max(low, -3), 3) for _ in range(60)]
    with pvm.Instance(floating(), tier=engine) as instance:  # type: ignore[arg-type]
        for value in values:
            if low <= value <= high:
                right = function(value)
                # Near a zero of the function the error is that of the argument, not of the result.
                allowed = 3 * max(math.ulp(right), 1e-17 * min(abs(value), 1.0))
                assert abs(instance.call(name, value) - right) <= allowed, value


# Text and collections

TEXTS = """
@export fun split(text: String, by: String) -> String = text.split(by).join("|")
@export fun replace_(text: String, part: String, by: String) -> String = text.replace(part, by)
@export fun find(text: String, part: String) -> Int = text.indexOf(part)
@export fun findLast(text: String, part: String) -> Int = text.lastIndexOf(part)
@export fun starts(text: String, part: String) -> Bool = text.startsWith(part)
@export fun ends(text: String, part: String) -> Bool = text.endsWith(part)
@export fun less(a: String, b: String) -> Bool = a < b
@export fun reversed_(text: String) -> String = text.chars().reversed().join()
@export fun length(text: String) -> Int = text.countChars()
@export fun words(text: String) -> String = text.words().join("|")
@export fun lines(text: String) -> String = text.lines().join("|")

fun text(values: List<Int>) -> String = values.join(" ")
@export fun sorted_(values: Array<Int>) -> String = text(values.toList().sorted())
@export fun byKey(values: Array<Int>) -> String = text(values.toList().sortedBy { it.mod(10) })

/// Each number is an operation on a list: kind, place and value.
@export fun listed(script: Array<Int>) -> String {
    let list = List<Int>()
    let log = StringBuilder()
    for step in script {
        let kind = step % 6
        let value = step / 6 % 100
        try {
            if kind < 2 { list.add(value) }
            if kind == 2 { list.insert(value % 8, value) }
            if kind == 3 { log.add("-${list.removeAt(value % 8)}") }
            if kind == 4 { list[value % 8] = value }
            if kind == 5 { log.add("?${list.indexOf(value)}") }
        } catch (e: IndexError) {
            log.add("!")
        }
    }
    return "${log} ${list}"
}

/// Each number is an operation on a map and a set.
@export fun mapped(script: Array<Int>) -> String {
    let map = Map<Int, Int>()
    let set = Set<String>()
    let log = StringBuilder()
    for step in script {
        let kind = step % 4
        let key = step / 4 % 50
        if kind < 2 {
            map[key] = step
            log.add(if set.add("k${key}") { "+" } else { "=" })
        }
        if kind == 2 {
            log.add(if map.remove(key) { "-" } else { "." })
            set.remove("k${key}")
        }
        if kind == 3 { log.add("${map[key] ?: -1}") }
    }
    return "${log} ${map} ${set}"
}
"""


@cache
def texts() -> pvm.Module:
    return pvm.compile(source=TEXTS, name="texts.peb")


def test_text(engine: str) -> None:
    dice = random.Random(6)

    def some(most: int) -> str:
        return "".join(dice.choice("ab é€😀\n,") for _ in range(dice.randrange(most + 1)))

    with pvm.Instance(texts(), tier=engine) as instance:  # type: ignore[arg-type]
        for _ in range(80):
            text, part, by = some(12), some(2) or ",", some(2)
            data = text.encode()
            assert instance.call("split", text, part) == "|".join(text.split(part))
            assert instance.call("replace_", text, part, by) == text.replace(part, by)
            assert instance.call("find", text, part) == data.find(part.encode())
            assert instance.call("findLast", text, part) == data.rfind(part.encode())
            assert instance.call("starts", text, part) == text.startswith(part)
            assert instance.call("ends", text, part) == text.endswith(part)
            assert instance.call("less", text, part) == (data < part.encode())
            assert instance.call("reversed_", text) == text[::-1]
            assert instance.call("length", text) == len(text)
            assert instance.call("words", text) == "|".join(text.split())
            assert instance.call("lines", text) == "|".join(text.splitlines())


def test_sorting(engine: str) -> None:
    dice = random.Random(7)
    with pvm.Instance(texts(), tier=engine) as instance:  # type: ignore[arg-type]
        for size in (0, 1, 2, 7, 8, 9, 16, 17, 33, 100, 257):
            for spread in (3, 1000):
                values = [dice.randrange(-spread, spread) for _ in range(size)]
                assert instance.call("sorted_", values) == " ".join(map(str, sorted(values)))
                by_key = sorted(values, key=lambda value: value % 10)
                assert instance.call("byKey", values) == " ".join(map(str, by_key))


def list_model(script: list[int]) -> str:
    items: list[int] = []
    log = ""
    for step in script:
        kind, value = step % 6, step // 6 % 100
        at = value % 8
        if kind < 2:
            items.append(value)
        elif kind == 5:
            log += f"?{items.index(value) if value in items else -1}"
        elif at > len(items) or (at == len(items) and kind != 2):
            log += "!"
        elif kind == 2:
            items.insert(at, value)
        elif kind == 3:
            log += f"-{items.pop(at)}"
        else:
            items[at] = value
    return f"{log} {items}"


def map_model(script: list[int]) -> str:
    entries: dict[int, int] = {}
    log = ""
    for step in script:
        kind, key = step % 4, step // 4 % 50
        if kind < 2:
            log += "=" if key in entries else "+"
            entries[key] = step
        elif kind == 2:
            log += "-" if entries.pop(key, None) is not None else "."
        else:
            log += str(entries.get(key, -1))
    shown = ", ".join(f"{key}: {value}" for key, value in entries.items()) or ":"
    return f"{log} [{shown}] {{{', '.join(f'k{key}' for key in entries)}}}"


def test_lists_and_maps(engine: str) -> None:
    dice = random.Random(8)
    with pvm.Instance(texts(), tier=engine) as instance:  # type: ignore[arg-type]
        for size in (0, 5, 50, 400):
            for _ in range(4):
                script = [dice.randrange(600) for _ in range(size)]
                assert instance.call("listed", script) == list_model(script)
                assert instance.call("mapped", script) == map_model(script)
