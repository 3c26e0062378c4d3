"""Characters and text against Python's knowledge of Unicode, and numbers against Python's format."""

from __future__ import annotations

import math
import random
import struct
import unicodedata
from collections.abc import Callable

import pytest

import pvm
from stdlib import unicode_tables
from tests.stdlib.library import failure, instance

BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2005\u200a\u2028\u2029\u202f\u205f\u3000"


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("text_calls", engine)


def edges(*properties: Callable[[str], object]) -> str:
    """Return the characters on both sides of every change of a property, all of the first blocks, and random ones."""
    chars = set(map(chr, range(0x600)))
    previous, last = [test("\0") for test in properties], "\0"
    for char in unicode_tables.characters():
        now = [test(char) for test in properties]
        if now != previous:
            chars |= {char, last}
            previous = now
        last = char
    dice = random.Random(7)
    chars |= {chr(dice.randrange(0xE000, 0x20000)) for _ in range(500)}
    return "".join(sorted(chars))


def assigned(text: str) -> str:
    """Return the characters that the tables know as this Python does."""
    newer = unicodedata.unidata_version != unicode_tables.VERSION
    return "".join(char for char in text if not newer or unicodedata.ucd_3_2_0.category(char) != "Cn")


@pytest.mark.parametrize(
    ("name", "test"),
    [
        ("letters", lambda char: unicodedata.category(char)[0] == "L"),
        ("digits", lambda char: unicodedata.category(char) == "Nd"),
        ("uppers", str.isupper),
        ("lowers", str.islower),
        ("blanks", lambda char: char in BLANKS or "\u2000" <= char <= "\u200a"),
    ],
)
def test_kinds_of_characters(running: pvm.Instance, name: str, test: Callable[[str], bool]) -> None:
    text = assigned(edges(test))
    assert running.call(name, text) == "".join(filter(test, text))


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("charUpper", unicode_tables.simple_upper),
        ("charLower", unicode_tables.simple_lower),
        ("charFolded", unicode_tables.simple_fold),
        ("upper", str.upper),
        ("folded", str.casefold),
    ],
)
def test_case(running: pvm.Instance, name: str, change: Callable[[str], str]) -> None:
    text = assigned(edges(lambda char: change(char) == char, lambda char: len(change(char))))
    assert running.call(name, text) == "".join(map(change, text))


def test_small_letters(running: pvm.Instance) -> None:
    text = assigned(edges(lambda char: char.lower() == char))
    assert running.call("lower", text) == "".join(char.lower() for char in text)
    assert running.call("lower", codes("3A3 391 3A3")) == codes("3C3 3B1 3C2")


def test_a_sigma_at_the_end_of_a_word(running: pvm.Instance) -> None:
    dice = random.Random(12)
    others = codes("61 391 3A3 3C3 31 20 2E 27 3A AD 301 2B0 345 1C80 1C5 DF 2167 24D0 4E2D")
    around = assigned(others + "".join(dice.choices(edges(str.isalpha), k=30)))
    for _ in range(400):
        text = "".join(dice.choice(codes("3A3") + dice.choice(around)) for _ in range(dice.randrange(1, 9)))
        assert running.call("lower", text) == text.lower(), ascii(text)


def codes(text: str) -> str:
    return "".join(chr(int(code, 16)) for code in text.split())


@pytest.mark.parametrize(
    ("name", "given", "wanted"),
    [
        (
            "charUpper",
            "61 DF 149 1F0 1C6 1F80 1FB3 1FB2 FB01 17F 131 B5",
            "41 DF 149 1F0 1C4 1F88 1FBC 1FB2 FB01 53 49 39C",
        ),
        ("charUpper", "2177 24D0 1F600 10428 1C5", "2167 24B6 1F600 10400 1C4"),
        ("charLower", "41 130 1E9E 1C4 1C5 1F88 1FBC 3A3 2126 212A 212B", "61 69 DF 1C6 1C6 1F80 1FB3 3C3 3C9 6B E5"),
        ("charFolded", "41 DF 1E9E 17F 3A3 3C2 1F88 1F80 130 131 212A", "61 DF DF 73 3C3 3C3 1F80 1F80 130 131 6B"),
        ("charFolded", "13A0 AB70 13F8 10400", "13A0 13A0 13F0 10428"),
    ],
)
def test_simple_case_by_hand(running: pvm.Instance, name: str, given: str, wanted: str) -> None:
    """From UnicodeData.txt and CaseFolding.txt; ``simple_upper`` and its like only guess them from full mappings."""
    assert running.call(name, codes(given)) == codes(wanted)


def test_ascii_text_takes_the_short_way(running: pvm.Instance) -> None:
    text = "".join(map(chr, range(128)))
    assert running.call("upper", text) == text.upper()
    assert running.call("lower", text) == text.lower()
    assert running.call("folded", text) == text.casefold()


def test_digits_of_every_script(running: pvm.Instance) -> None:
    digits = [char for char in unicode_tables.characters() if unicodedata.category(char) == "Nd"]
    for char in assigned("".join(digits)):
        assert running.call("digitValue", char) == unicodedata.decimal(char)
    for char in "aé²½一Ⅷ":
        assert running.call("digitValue", char) == -1


def test_blanks_are_trimmed(running: pvm.Instance) -> None:
    assert running.call("trim", f"{BLANKS}a{BLANKS}é{BLANKS}") == f"a{BLANKS}é"
    assert running.call("trim", BLANKS) == ""
    assert running.call("trim", "\u200bx\ufeff") == "\u200bx\ufeff"
    assert running.call("words", f"{BLANKS}a{BLANKS}é b\u200b") == "a|é|b\u200b"
    assert running.call("words", "") == ""


def test_reversed_and_common(running: pvm.Instance) -> None:
    assert running.call("reversed", "aé€😀") == "😀€éa"
    assert running.call("commonPrefix", "éa", "éb") == "é"
    # é and è share their first byte.
    assert running.call("commonPrefix", "xé", "xè") == "x"
    assert running.call("commonPrefix", "ab", "ab") == "ab"
    assert running.call("commonPrefix", "é", "") == ""


def spec(plus: bool, zeros: bool, width: int, rest: str) -> str:
    return f"{'' if zeros else '>'}{'+' if plus else ''}{'0' if zeros else ''}{width or ''}{rest}"


@pytest.mark.parametrize("plus", [False, True])
@pytest.mark.parametrize("zeros", [False, True])
@pytest.mark.parametrize("width", [0, 5, 12])
def test_numbers(running: pvm.Instance, plus: bool, zeros: bool, width: int) -> None:
    for value in (0, 7, -7, 12345, -123456, 10**18, (1 << 63) - 1, -(1 << 63)):
        assert running.call("formatInt", value, width, zeros, plus, "") == format(value, spec(plus, zeros, width, "d"))
        if not zeros:
            assert running.call("formatInt", value, width, zeros, plus, ",") == format(
                value, spec(plus, zeros, width, ",d")
            )
    for number in (0.0, -0.0, 1.5, -2.5, 999.995, 1234567.891, -1e15, 1e22):
        for digits in (0, 1, 3):
            wanted = format(number, spec(plus, zeros, width, f".{digits}f"))
            assert running.call("formatFloat", number, digits, width, zeros, plus, "") == wanted
            if not zeros:
                wanted = format(number, spec(plus, zeros, width, f",.{digits}f"))
                assert running.call("formatFloat", number, digits, width, zeros, plus, ",") == wanted


def test_digits_after_the_point_are_exact(running: pvm.Instance) -> None:
    dice = random.Random(8)
    numbers = [struct.unpack("<d", dice.randbytes(8))[0] for _ in range(60)]
    numbers += [5e-324, 1.7976931348623157e308, 0.5, 2.5, 9.5, 99.5, 0.05, 1e23, 2.0**53]
    for number in filter(math.isfinite, numbers):
        digits = dice.choice([0, 1, 2, 20, 400])
        wanted = format(number, f".{digits}f")
        assert running.call("formatFloat", number, digits, 0, False, False, "") == wanted


def test_numbers_that_are_none(running: pvm.Instance) -> None:
    shown = running.call("formatFloat", math.inf, 2, 12, True, True, ",")
    assert len(shown) == 12
    assert shown.strip().startswith("+")
    assert len(running.call("formatFloat", math.nan, 2, 5, True, True, ",")) == 5
    wanted = "ArgumentError: toFixed takes 0 to 400 digits, not -1"
    assert failure(lambda: running.call("formatFloat", 1.0, -1, 0, False, False, "")) == wanted


def test_bits(running: pvm.Instance) -> None:
    for value in (0, 1, 15, 16, 255, 1 << 62, (1 << 63) - 1, -1, -256, -(1 << 63)):
        unsigned = value % (1 << 64)
        assert running.call("toHex", value, 1) == f"{unsigned:x}"
        assert running.call("toHex", value, 4) == f"{unsigned:04x}"
        assert running.call("toBinary", value, 0) == f"{unsigned:b}"
        assert running.call("toBinary", value, 10) == f"{unsigned:010b}"
