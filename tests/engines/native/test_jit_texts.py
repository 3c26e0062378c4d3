"""Short texts in compiled code: what is done in place, what is not, and that nobody can tell."""

from __future__ import annotations

import re
from itertools import product

import pytest

import pvm
from pvm.engines.native.debug import Debug, debugging
from pvm.pbc.asm import assemble
from tests.engines.native.test_jit_loops import optimised

TEXTS = """
    let WORDS = ["", "a", "ab", "abc", "abcdefg", "abcdefgh", "abcdefgi", "bbcdefgh", "abcdefghijklmno",
        "abcdefghijklmnp", "bbcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnoq",
        "aé€😀 and so on for more than sixteen bytes"]

    fun part(text: String, start: Int, end: Int) -> String {
        try { return text.slice(start, end) } catch (e: TextError) { return "T" } catch (e: IndexError) { return "I" }
    }
    fun added(out: StringBuilder, text: String, start: Int, end: Int) {
        try { out.addSlice(text, start, end) }
        catch (e: TextError) { out.add("T") }
        catch (e: IndexError) { out.add("I") }
    }
    fun slices(out: StringBuilder, text: String) {
        for start in -1..text.size + 1 {
            for end in start - 1..min(start + 18, text.size + 1) {
                out.add(part(text, start, end))
                added(out, text, start, end)
            }
        }
    }
    fun constants(out: StringBuilder) {
        out.add("").add("a").add("ab").add("abc").add("abcd").add("abcde").add("abcdef").add("é").add("abcdefgh")
        out.add("abcdefghi").add("abcdefghijklmno").add("abcdefghijklmnop").add("a text that is longer than two words")
        out.addByte(65).addChar('é').addChar('z')
    }
    fun compared(text: String) -> Int {
        var n = 0
        if text == "" { n += 1 }
        if text == "a" { n += 2 }
        if "abcdefgh" == text { n += 4 }
        if text == "abcdefghijklmno" { n += 8 }
        if text != "abcdefghijklmnop" { n += 16 }
        if text.lower() == text.upper().lower() { n += 32 }
        return n
    }
    fun main() {
        for round in 0..<3 {
            let out = StringBuilder()
            for word in WORDS {
                out.add(word)
                slices(out, word)
                constants(out)
                for other in WORDS { out.add(if word == other { "=" } else { "." }) }
                for other in WORDS { out.add(if word == other.slice(0, other.size) { "=" } else { "." }) }
                out.add(compared(word).toString()).add(word.upper()).add("@[`{AZaz" + word)
                out.add(("@[`{AZaz" + word).upper()).add(("\\u{7f}@[`{AZ" + word).lower())
            }
            println(out.toString())
        }
    }
"""


HOSTILE = """
import runtime string.extend(ref array u8, i64, ref string) -> ref array u8
import runtime string.extend_slice(ref array u8, i64, ref string, i64, i64) -> ref array u8

export f as (i64, i64, i64, i64) -> i64
func f (size: i64, at: i64, start: i64, end: i64) -> i64 {
  .local bytes: ref array u8
  .local more: ref array u8
    local.get size
    array.new u8
    local.set bytes
    local.get bytes
    local.get at
    string.const "aé€"
    local.get start
    local.get end
    call.runtime string.extend_slice
    local.set more
    local.get more
    local.get at
    string.const "xyz"
    call.runtime string.extend
    array.size
    local.get more
    array.size
    i64.const 1000
    i64.mul
    i64.add
    return
}
"""
FAR = (-(1 << 63), -(1 << 31), -1, 0, 1, 3, 6, 7, 1 << 31, (1 << 32) + 1, (1 << 63) - 1)


def outcomes(tier: str) -> list[tuple[object, int]]:
    """What calls of ``f`` give or end with, and the fuel so far."""
    found: list[tuple[object, int]] = []
    with (
        debugging(Debug(eager=True, speed=2)),
        pvm.Instance(pvm.Module(assemble(HOSTILE)), tier=tier) as instance,  # type: ignore[arg-type] # a tier
    ):
        for arguments in product((0, 7, 40), FAR, FAR, FAR):
            try:
                result: object = instance.call("f", *arguments)
            except pvm.Trap as error:
                result = error.kind, error.frames
            found.append((result, instance.statistics.fuel_used))
    return found


def test_extending_checks_what_it_is_given() -> None:
    assert outcomes("jit") == outcomes("interpreter")


# What is gone


def body(source: str) -> str:
    """The optimised IR of ``g``, as other compiled code calls it."""
    return optimised(source, "g").partition("@body(")[2].partition("\n}")[0]


def constant_bytes(ir: str) -> list[int]:
    """Constants that are stored without an alignment, but for marks on cards: bytes of texts in arrays of bytes."""
    found = re.findall(r"store i(?:8|16|32|64) (\d+), ptr \S+, align 1,", ir)
    return [int(each) for each in found if each != "1"]


ADDING = """
    fun g(out: StringBuilder) {{ out.add("{}") }}
    @export fun f() {{ g(StringBuilder()) }}
"""


def test_a_constant_is_appended_by_a_store() -> None:
    ir = body(ADDING.format("{"))
    assert constant_bytes(ir) == [ord("{")]
    ir = body(ADDING.format("true, and so on"))
    pieces = (b"true, an", b"d so", b" o", b"n")
    assert constant_bytes(ir) == [int.from_bytes(each, "little") for each in pieces]


def test_a_longer_constant_is_not() -> None:
    assert constant_bytes(body(ADDING.format("sixteen letters."))) == []


def test_comparing_with_a_constant_reads_its_length_nowhere() -> None:
    """The size of the constant is known, so the text is compared with as many bytes as are to be."""
    ir = body('@export fun g(text: String) -> Bool = text == "null"')
    assert re.search(r"icmp eq i32 %\S+, 4\b", ir)


@pytest.mark.parametrize(("case", "first"), [("lower", "A"), ("upper", "a")])
def test_case_is_changed_in_words(case: str, first: str) -> None:
    """Both words of a short text, by sums that carry into the high bits of letters."""
    ir = body(f"@export fun g(text: String) -> String = text.{case}()")
    for letter in (ord(first), ord(first) + 26):
        assert len(re.findall(rf"add (?:nuw )?(?:nsw )?i64 %\S+, {(128 - letter) * 0x0101010101010101}\b", ir)) == 2


FIELD = """
    class Box(var number: Int, var text: String)
    @export fun f(n: Int) -> Int = g(Box(n, "text"), n)
    fun g(box: Box, n: Int) -> Int {
        let before = box.number
        let at = WORK
        return before ^ box.number ^ at
    }
"""


@pytest.mark.parametrize(
    ("work", "loads"),
    [
        ('box.text.indexOf("xyz", n)', 1),
        ("box.text.hash()", 1),
        ("other(box, n)", 2),
    ],
)
def test_fields_are_known_across_functions_on_texts(work: str, loads: int) -> None:
    """But not across what may change them."""
    other = (
        "fun other(box: Box, n: Int) -> Int { " + "box.number = box.number * 3 ^ n\n" * 30 + "return other(box, n) }"
    )
    ir = optimised(FIELD.replace("WORK", work) + other, "g")
    (field,) = re.findall(r'!(\d+) = !\{!"field \d+\.0"', ir)
    (tag,) = re.findall(rf"!(\d+) = !\{{!{field}, !{field}, i64 0\}}", ir)
    assert len(re.findall(rf"load i64, .*!tbaa !{tag}\b", ir.partition("@body(")[2])) == loads
