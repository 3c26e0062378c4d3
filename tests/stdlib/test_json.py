"""JSON against Python's, and by hand what RFC 8259 allows and forbids."""

from __future__ import annotations

import json
import math
import random
from typing import Any

import pytest

import pvm
from tests.stdlib.library import failure, growth, instance

INT = range(-(1 << 63), 1 << 63)


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("json_calls", engine)


def as_pebble(value: Any) -> Any:
    """Return what Python parsed as the library has it: integers beyond 64 bits are Floats."""
    if isinstance(value, dict):
        return {name: as_pebble(member) for name, member in value.items()}
    if isinstance(value, list):
        return [as_pebble(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) and value not in INT else value


def random_text(dice: random.Random) -> str:
    alphabet = 'ab"\\/\b\f\n\r\t\x00\x1f\x7fé€😀\u2028 {}[]:,'
    return "".join(dice.choice(alphabet) for _ in range(dice.randrange(8)))


def random_number(dice: random.Random) -> int | float:
    match dice.randrange(5):
        case 0:
            return dice.randrange(-1000, 1000)
        case 1:
            return dice.randrange(-(1 << 70), 1 << 70)
        case 2:
            return dice.choice([(1 << 63) - 1, 1 << 63, -(1 << 63), -(1 << 63) - 1, 0])
        case 3:
            return dice.uniform(-1000, 1000)
        case _:
            return dice.uniform(-1, 1) * 10.0 ** dice.randrange(-320, 308)


def random_value(dice: random.Random, depth: int) -> Any:
    kind = dice.randrange(3, 6) if depth == 0 else dice.randrange(6)
    if kind == 0:
        return [random_value(dice, depth - 1) for _ in range(dice.randrange(5))]
    if kind in {1, 2}:
        return {random_text(dice): random_value(dice, depth - 1) for _ in range(dice.randrange(5))}
    if kind == 3:
        return random_text(dice)
    return random_number(dice) if kind == 4 else dice.choice([None, True, False])


def random_document(dice: random.Random) -> str:
    text = json.dumps(random_value(dice, 4), ensure_ascii=dice.random() < 0.5, indent=dice.choice([None, 1, "\t"]))
    return dice.choice(["", " ", "\r\n"]) + text + dice.choice(["", "\t", "\n "])


def same(a: Any, b: Any) -> bool:
    """Tell whether values are equal, of the same types, in the same order, zeros with the same sign."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b and (not isinstance(a, float) or math.copysign(1, a) == math.copysign(1, b))


@pytest.mark.parametrize("seed", range(4))
def test_random_documents(running: pvm.Instance, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(100):
        document = random_document(dice)
        wanted = as_pebble(json.loads(document))
        assert same(json.loads(running.call("roundTrip", document)), wanted), document
        assert same(json.loads(running.call("pretty", document, 3)), wanted), document


def test_pretty_is_laid_out_as_python_does(running: pvm.Instance) -> None:
    value = {"a": [1, {"x": None, "y": []}, "é"], "b": {}, "c": [[[]], True]}
    text = json.dumps(value)
    assert running.call("pretty", text, 2) == json.dumps(value, indent=2, ensure_ascii=False)
    assert running.call("pretty", text, 4) == json.dumps(value, indent=4, ensure_ascii=False)
    assert running.call("roundTrip", text) == json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    assert failure(lambda: running.call("pretty", text, 0)) == "ArgumentError: an indent is 1 to 100, not 0"


def test_damaged_documents_are_refused_as_python_does(running: pvm.Instance) -> None:
    """A character taken out or put in: both accept the text, with the same value, or both refuse it."""
    dice = random.Random(5)
    refused = 0
    for _ in range(400):
        document = json.dumps(random_value(dice, 2))
        at = dice.randrange(len(document) + 1)
        new = dice.choice(["", *'{}[],:"\\ 01-+.eEtu\n'])
        document = document[:at] + new + document[at + dice.randrange(2) :]
        try:
            wanted = as_pebble(json.loads(document, parse_constant=pytest.fail))
            json.dumps(wanted, ensure_ascii=False).encode()
            is_valid = "Infinity" not in json.dumps(wanted)
        except (json.JSONDecodeError, UnicodeEncodeError, OverflowError):
            is_valid = False
        if is_valid:
            shown = json.loads(running.call("roundTrip", document))
            assert shown == wanted, document
        else:
            refused += 1
            assert not running.call("accepts", document), document
    assert refused > 100


ACCEPTED = {
    "[]": "[]",
    " [ ] ": "[]",
    "{}": "{}",
    "\t\r\n null \n": "null",
    "true": "true",
    "false": "false",
    '""': '""',
    "0": "0",
    "-1": "-1",
    "-0": "-0.0",
    "-0.0": "-0.0",
    "0e1": "0.0",
    "0E+1": "0.0",
    "1e0": "1.0",
    "1E-2": "0.01",
    "123.456e-3": "0.123456",
    "9223372036854775807": "9223372036854775807",
    "-9223372036854775808": "-9223372036854775808",
    "9223372036854775808": "9.223372036854776e+18",
    "1.7976931348623157e308": "1.7976931348623157e+308",
    "5e-324": "5e-324",
    "1e-400": "0.0",
    "0.000000000000000000000000000000000001": "1e-36",
    '"\\u0041\\u00e9\\u20ac"': '"Aé€"',
    '"\\uD83D\\uDE00"': '"😀"',
    '"\\u0000\\u001F"': '"\\u0000\\u001f"',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t"': '"\\"\\\\/\\b\\f\\n\\r\\t"',
    '"\x7f\u2028é"': '"\x7f\u2028é"',
    '"\\\\u0041"': '"\\\\u0041"',
    '{"a":1,"b":2,"a":3}': '{"a":3,"b":2}',
    '{"":0}': '{"":0}',
    '{"a":{"a":{}}}': '{"a":{"a":{}}}',
    "[1\n,\r2\t, 3]": "[1,2,3]",
    "[[[[]]]]": "[[[[]]]]",
    '["\\ud83d\\ude00x"]': '["😀x"]',
}


@pytest.mark.parametrize("text", ACCEPTED)
def test_accepted(running: pvm.Instance, text: str) -> None:
    assert running.call("roundTrip", text) == ACCEPTED[text]


REFUSED = {
    "": "1:1 expected a value, found the end",
    " ": "1:2 expected a value, found the end",
    "[": "1:2 expected a value, found the end",
    "[1": "1:3 expected `,` or `]`, found the end",
    "[1,": "1:4 expected a value, found the end",
    "[1,]": "1:4 expected a value, found `]`",
    "[,1]": "1:2 expected a value, found `,`",
    "[1 2]": "1:4 expected `,` or `]`, found `2`",
    "[1}": "1:3 expected `,` or `]`, found `}`",
    "[1]]": "1:4 expected the end, found `]`",
    "]": "1:1 expected a value, found `]`",
    "{": "1:2 expected a name in quotes, found the end",
    "{1:2}": "1:2 expected a name in quotes, found `1`",
    "{a:1}": "1:2 expected a name in quotes, found `a`",
    '{"a"}': "1:5 expected `:`, found `}`",
    '{"a":}': "1:6 expected a value, found `}`",
    '{"a":1,}': "1:8 expected a name in quotes, found `}`",
    '{"a":1]': "1:7 expected `,` or `}`, found `]`",
    '{"a":1 "b":2}': '1:8 expected `,` or `}`, found `"`',
    "{'a':1}": "1:2 expected a name in quotes, found `'`",
    "1 2": "1:3 expected the end, found `2`",
    "null,": "1:5 expected the end, found `,`",
    "nul": "1:4 expected `null`, found the end",
    "nulL": "1:4 expected `null`, found `L`",
    "True": "1:1 expected a value, found `T`",
    "NaN": "1:1 expected a value, found `N`",
    "Infinity": "1:1 expected a value, found `I`",
    "-Infinity": "1:2 expected a digit, found `I`",
    "+1": "1:1 expected a value, found `+`",
    "-": "1:2 expected a digit, found the end",
    "--1": "1:2 expected a digit, found `-`",
    "01": "1:2 expected the end, found `1`",
    "-01": "1:3 expected the end, found `1`",
    "1.": "1:3 expected a digit, found the end",
    ".5": "1:1 expected a value, found `.`",
    "1.e1": "1:3 expected a digit, found `e`",
    "1e": "1:3 expected a digit, found the end",
    "1e+": "1:4 expected a digit, found the end",
    "0x10": "1:2 expected the end, found `x`",
    "1_000": "1:2 expected the end, found `_`",
    "٣": "1:1 expected a value, found `٣`",
    "[\n  1,\n  1e999]": "3:3 the number is too large for a Float",
    "1" * 400: "1:1 the number is too large for a Float",
    '"': '1:2 expected `"`, found the end',
    '"abc': '1:5 expected `"`, found the end',
    '"\\': '1:3 expected an escape, one of `"\\/bfnrtu`, found the end',
    '"\\x"': '1:3 expected an escape, one of `"\\/bfnrtu`, found `x`',
    '"\\U0041"': '1:3 expected an escape, one of `"\\/bfnrtu`, found `U`',
    '"\\é"': '1:3 expected an escape, one of `"\\/bfnrtu`, found `é`',
    '"\\u12"': '1:6 expected four hexadecimal digits, found `"`',
    '"\\u12G4"': "1:6 expected four hexadecimal digits, found `G`",
    '"\\u 123"': "1:4 expected four hexadecimal digits, found ` `",
    '"\\u12é4"': "1:6 expected four hexadecimal digits, found `é`",
    '"\\ud800"': "1:2 \\ud800 is half a character: a surrogate without its other half",
    '"é\\udfff"': "1:3 \\udfff is half a character: a surrogate without its other half",
    '"\\ud83d\\n"': "1:2 \\ud83d is half a character: a surrogate without its other half",
    '"\\ud83d\\ud83d"': "1:2 \\ud83d is half a character: a surrogate without its other half",
    '"a\tb"': '1:3 expected `"`, found the control character 9, which must be escaped in a string',
    '"é\n"': '1:3 expected `"`, found the control character 10, which must be escaped in a string',
    "[1,\n\n  é]": "3:3 expected a value, found `é`",
    "// x\n1": "1:1 expected a value, found `/`",
    "[1]\x00": "1:4 expected the end, found the control character 0",
    "\ufeff[]": "1:1 expected a value, found `\ufeff`",
    "\u00a0[]": "1:1 expected a value, found `\u00a0`",
    "\f[]": "1:1 expected a value, found the control character 12",
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: ascii(text)[:24])
def test_refused(running: pvm.Instance, text: str) -> None:
    place, _, reason = REFUSED[text].partition(" ")
    line, column = place.split(":")
    assert running.call("place", text) == f"{place} line {line}, column {column}: {reason}"


def test_depth(running: pvm.Instance) -> None:
    assert running.call("accepts", "[" * 500 + "]" * 500)
    message = "1:501 line 1, column 501: nested more than 500 levels deep"
    assert running.call("place", "[" * 501 + "]" * 501) == message
    assert running.call("place", "[" * 100_000) == message
    assert running.call("place", '{"a":' * 501).endswith("nested more than 500 levels deep")
    assert running.call("shallow", "[[1], [2]]", 2) == "[[1],[2]]"
    wanted = "JsonError: line 1, column 3: nested more than 2 levels deep"
    assert failure(lambda: running.call("shallow", "[[[]]]", 2)) == wanted


def test_equality(running: pvm.Instance) -> None:
    assert running.call("equal", '{"a": [1, "x"], "b": null}', '{"b": null, "a": [1, "x"]}')
    assert not running.call("equal", "[1, 2]", "[2, 1]")
    assert not running.call("equal", "1", "1.0")


def test_what_json_cannot_say(running: pvm.Instance) -> None:
    assert failure(lambda: running.call("writeFloat", math.inf)).startswith("ArgumentError: JSON has no number")
    assert failure(lambda: running.call("writeFloat", math.nan)).startswith("ArgumentError: JSON has no number")
    assert running.call("quote", 'a"\x01') == '"a\\"\\u0001"'


def test_cost_is_linear(running: pvm.Instance) -> None:
    assert growth(running, "work", 400) < 2.3
