"""Numbers as short texts, their joins and order, and bytes that are searched, in compiled code: nobody can tell."""

from __future__ import annotations

import re

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from tests.engines.native.test_jit import promotion_of
from tests.engines.native.test_jit_loops import optimised

NUMERALS = r"""
    let NUMBERS = [0, 1, 9, 10, 99, 100, 101, 999, 1000, 9999, 10000, 10001, 99999, 100000, 999999, 1000000, 9999999,
        10000000, 99999999, 100000000, 12345678, 123456789, 90909090, -1, -9, -10, -9999999, -10000000, Int.max,
        Int.min]
    let NUMERALS = ["", "0", "7", "42", "+", "-", "+5", "-5", "--5", "+-5", "5-", "5+", "-0", "00000000", "12345678",
        "-1234567", "+7654321", "-12345678", "123456789", "1234567a", "a", "/", ":", " 1", "1 ", "1_000", "9999999é",
        "\u{ff19}", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1\u{0}", "\u{0}"]
    let WORDS = ["", "a", "ab", "abcd", "abcdefg", "abcdefgh", "abcdefghi", "abcdefghijklmn", "abcdefghijklmno",
        "abcdefghijklmnop", "é", "€😀", "more than sixteen bytes"]
    let ORDERED = ["", "\u{0}", "a", "a\u{0}", "ab", "b", "abcdefgh", "abcdefgi", "abcdefg", "abcdefgh\u{0}",
        "abcdefghi", "abcdefghj", "abcdefghijklmno", "abcdefghijklmnp", "abcdefghijklmnop", "bbcdefghijklmno", "é",
        "€", "ab€defg", "abcdefghijklmnopq"]
    let PARTS = [",", ":", "", ",,", "\u{0}", "é", "p"]

    fun place(text: String, part: String, start: Int) -> Int {
        try { return text.indexOf(part, start) } catch (e: IndexError) { return -2 }
    }
    fun comma(text: String, start: Int) -> Int {
        try { return text.indexOf(",", start) } catch (e: IndexError) { return -2 }
    }
    fun nul(text: String) -> Int = text.indexOf("\u{0}")
    fun number(text: String) -> Int {
        try { return text.toInt() } catch (e: FormatError) { return 12345 }
    }
    fun joined(out: StringBuilder, a: String, b: String) {
        out.add(a + b).add("<${a}>").add("${a}:${b}").add("${a}${b}${a}").add("item" + a).add(b + "1234567")
        out.add("abcdefgh${a}ijklmn").add("abcdefghijklmno${a}p").add(a + "" + b)
    }
    fun searched(out: StringBuilder, text: String) {
        for start in -1..text.size + 1 {
            out.add(comma(text, start).toString())
            for part in PARTS { out.add(" ${place(text, part, start)}") }
        }
        out.add(nul(text).toString())
    }
    fun main() {
        let out = StringBuilder()
        for round in 0..<2 {
            for n in NUMBERS {
                out.add(n.toString()).add("[${n}]").add("${n}")
                out.add((n.toString().toInt() == n).toString())
            }
            for text in NUMERALS {
                out.add(number(text).toString()).add(if text.toIntOrNull() == null { "no" } else { "yes" })
            }
            for a in WORDS { for b in WORDS { joined(out, a, b) } }
            for a in ORDERED { for b in ORDERED { out.add(a.compareTo(b).toString()).add((a < b).toString()) } }
            for a in ORDERED { out.add("${a <= "abcdefgh"}${"abcdefghijklmno" < a}${a.compareTo("")}") }
            for before in 0..18 {
                for after in 0..18 {
                    searched(out, "x".repeat(before) + "," + "y".repeat(after))
                }
                searched(out, "x".repeat(before) + "\u{0}" + "y".repeat(before))
            }
        }
        println(out.toString())
    }
"""


MANY = """
    @export fun there(from: Int, to: Int, step: Int) -> Int {
        var wrong = 0
        var n = from
        while n < to {
            let text = n.toString()
            if text.toInt() != n || text.size != digits(n) || "-${text}".toInt() != -n { wrong += 1 }
            n += step
        }
        return wrong
    }
    fun digits(n: Int) -> Int {
        var count = 1
        var left = n / 10
        while left > 0 {
            count += 1
            left = left / 10
        }
        return count
    }
    fun main() {}
"""


def test_numbers_come_back() -> None:
    module = pvm.Module(compile_source(MANY, name="many.peb"))
    with debugging(Debug(eager=True, speed=2)), pvm.Instance(module, tier="jit") as instance:
        promotion_of(instance).compile_all(2)
        assert instance.call("there", 0, 120_000, 1) == 0
        assert instance.call("there", 99_990_000, 100_010_000, 1) == 0
        assert instance.call("there", 0, 1_000_000_000, 12_347) == 0


# What is gone


def body(source: str) -> str:
    """The optimised IR of ``g``, as other compiled code calls it, without what is cold."""
    return optimised(source, "g").partition("@body(")[2].partition("\n}")[0]


def test_a_byte_is_compared_with_sixteen() -> None:
    ir = body('@export fun g(text: String) -> Int = text.indexOf(":")')
    assert len(re.findall(r"icmp eq <16 x i8> %\S+, splat \(i8 58\)", ir)) == 1


def test_a_longer_part_is_not() -> None:
    assert "<16 x i8>" not in body('@export fun g(text: String) -> Int = text.indexOf("::")')


def test_memory_of_a_short_number_does_not_wait_for_its_digits() -> None:
    ir = body("@export fun g(n: Int) -> String = n.toString()")
    assert re.search(r"add i64 %\S+, 24\b", ir)
    assert "cttz" in ir


def test_order_of_short_texts_is_that_of_two_numbers() -> None:
    ir = body("@export fun g(a: String, b: String) -> Bool = a < b")
    assert len(re.findall(r"call i64 @llvm.bswap.i64", ir)) == 2


def test_constants_are_joined_as_numbers() -> None:
    """The bytes of the first part are the lowest of the first word."""
    ir = body('@export fun g(n: Int) -> String = "item${n}:"')
    assert str(int.from_bytes(b"item", "little")) in ir
    assert "i128" in ir or "fshl" in ir
