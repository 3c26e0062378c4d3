"""Regular expressions against Python's, on random patterns and texts; their errors; their cost."""

from __future__ import annotations

import json
import random
import re

import pytest

import pvm
from tests.stdlib.library import failure, growth, instance

ATOMS = ["a", "b", "c", "é", ".", "[ab]", "[^a]", "[b-é]", r"\w", r"\W", r"\d", r"\s", r"[\d_c]", r"[^\w]", "1", " "]
POSITIONS = ["^", "$", r"\b", r"\B"]
REPEATS = ["*", "+", "?", "{2}", "{1,}", "{0,2}", "{1,3}", "*?", "+?", "??", "{0,2}?"]


@pytest.fixture
def running(engine: str) -> pvm.Instance:
    return instance("regex_calls", engine)


def random_pattern(dice: random.Random, depth: int) -> str:
    """Return a pattern whose repetitions are of what cannot be empty: for those Python's groups are its own."""
    kind = dice.randrange(7)
    if depth == 0 or kind == 0:
        return dice.choice(ATOMS)
    inner = random_pattern(dice, depth - 1)
    match kind:
        case 1 | 2:
            return inner + random_pattern(dice, depth - 1)
        case 3:
            return f"{inner}|{random_pattern(dice, depth - 1)}"
        case 4:
            return f"{dice.choice(['(', '(?:'])}{inner})"
        case 5:
            return dice.choice(POSITIONS) + inner
        case _:
            return f"(?:{inner}){dice.choice(REPEATS)}" if not re.compile(inner).match("") else inner


def random_text(dice: random.Random) -> str:
    r"""Return a text that is not empty: in the empty one Python does not find \B, before 3.14."""
    return "".join(dice.choice("aabbcé1_ \n") for _ in range(dice.randrange(1, 9)))


def byte_spans(found: re.Match[str] | None, text: str) -> str:
    """Return start and end of each group in bytes, as the program shows them."""
    if found is None:
        return "none"

    def offset(index: int) -> int:
        return len(text[:index].encode()) if index >= 0 else -1

    return " ".join(f"{offset(a)},{offset(b)}" for a, b in (found.span(i) for i in range(found.re.groups + 1)))


def every_match(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Return the matches as the library finds them: after an empty one the search goes on a character later."""
    found, at = [], 0
    while at <= len(text) and (one := pattern.search(text, at)):
        found.append(one)
        at = one.end() + (one.start() == one.end())
    return found


@pytest.mark.parametrize("seed", range(6))
def test_random_patterns(running: pvm.Instance, seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(80):
        pattern = random_pattern(dice, 5)
        flags = dice.choice(["", "", "i", "m", "s", "ims"])
        text_end = pattern if "m" in flags else pattern.replace("$", r"\Z")
        python = re.compile(text_end, sum(re.RegexFlag[flag.upper()] for flag in flags))
        running.call("setPattern", pattern, flags)
        for _ in range(8):
            text = random_text(dice)
            shown = (pattern, flags, text)
            assert running.call("find", text, 0) == byte_spans(python.search(text), text), shown
            assert running.call("matchWhole", text) == byte_spans(python.fullmatch(text), text), shown
            wanted = [byte_spans(one, text) for one in every_match(python, text)]
            assert running.call("findAll", text) == ";".join(wanted), shown


@pytest.mark.parametrize(
    ("pattern", "text", "spans"),
    [
        ("", "", "0,0"),
        (r"\B", "", "0,0"),
        (r"^\b|a*$", "", "0,0"),
        ("a|ab", "ab", "0,1"),
        ("(a|ab)(c|bcd)(d*)", "abcd", "0,4 0,1 1,4 4,4"),
        ("(a+)(b+)?", "aac", "0,2 0,2 -1,-1"),
        ("(?:(a)|b)*", "ab", "0,2 0,1"),
        ("(a*)*", "b", "0,0 0,0"),
        ("(a*)+", "b", "0,0 0,0"),
        ("(a*)*", "aab", "0,2 0,2"),
        ("(a|b*)*c", "abc", "0,3 1,2"),
        ("(|a)*", "aa", "0,0 0,0"),
        ("(|a)+", "aa", "0,0 0,0"),
        ("(a?)*?b", "aab", "0,3 1,2"),
        ("x*", "aaa", "0,0"),
        (r"\bfoo\b", "a foo", "2,5"),
        (r"\b", "é", "0,0"),
        (r"\Ba", "aa", "1,2"),
        ("(?<year>\\d{4})-(?<month>\\d\\d)", "on 2024-05", "3,10 3,7 8,10"),
        ("é+", "aéé", "1,5"),
        (".", "😀", "0,4"),
        ("[^a]", "é", "0,2"),
        ("[]a]+", "a]b", "0,2"),
        ("[^]a]", "]ab", "2,3"),
        ("[a-]+", "-a", "0,2"),
        ("[-a]+", "-a", "0,2"),
        (r"[\]\\-]+", "\\]-", "0,3"),
        (r"[a-c\d-]+", "b7-", "0,3"),
        ("[[]", "[", "0,1"),
        (r"\x41\u00e9\u{1F600}\t\0", "Aé😀\t\0", "0,9"),
        (r"\$\.\-\/\ ", "$.-/ ", "0,5"),
        ("}a]", "}a]", "0,3"),
        (r"\d+", "x٣4", "1,4"),
        (r"\A\w+\z", "añb_1", "0,6"),
        ("a{0}b", "ab", "1,2"),
        ("(?:a{2}){2}", "aaaa", "0,4"),
        ("(a)|(b)", "b", "0,1 -1,-1 0,1"),
        ("((a)(b)?)+", "aba", "0,3 2,3 2,3 1,2"),
    ],
)
def test_matches(running: pvm.Instance, pattern: str, text: str, spans: str) -> None:
    running.call("setPattern", pattern, "")
    assert running.call("find", text, 0) == spans


def test_case_is_ignored_in_every_script(running: pvm.Instance) -> None:
    running.call("setPattern", "straße|[à-ö]x|\u212a", "i")
    for text in ("STRAßE", "STRA\u1e9eE", "Öx", "òX", "k", "K"):
        assert running.call("matches", text), text
    assert not running.call("matches", "STRASSE")


@pytest.mark.parametrize(
    ("pattern", "column", "reason"),
    [
        ("(a", 1, "this group is never closed"),
        ("é(a|(b)", 2, "this group is never closed"),
        ("a)", 2, "this `)` closes nothing"),
        ("*a", 1, "nothing to repeat before `*`"),
        ("a|+", 3, "nothing to repeat before `+`"),
        ("(?)", 1, "expected (?: or (?<name>; looking ahead and flags are not possible"),
        ("(?=a)", 1, "expected (?: or (?<name>; looking ahead and flags are not possible"),
        ("(?<=a)", 1, "looking behind is not possible"),
        ("(?<!a)", 1, "looking behind is not possible"),
        ("(?<>a)", 1, "expected a name and `>`"),
        ("(?<a", 1, "expected a name and `>`"),
        ("(?<1a>b)", 4, "`1` cannot stand in the name of a group"),
        ("(?<a b>c)", 5, "` ` cannot stand in the name of a group"),
        ("(?<a>b)(?<a>c)", 8, "there is another group of the name a"),
        ("[a", 1, "this class is never closed"),
        ("[]", 1, "this class is never closed"),
        ("x[^]", 2, "this class is never closed"),
        ("[b-a]", 2, "the range ends before it starts"),
        (r"[\d-z]", 2, "a kind of characters cannot be an end of a range"),
        ("[[:alpha:]]", 2, "classes with names are not possible; a bracket itself is `\\[`"),
        ("a**", 3, "a repetition of a repetition: put a group around the first"),
        ("a*+", 3, "a repetition of a repetition: put a group around the first"),
        ("a{2}{3}", 5, "a repetition of a repetition: put a group around the first"),
        ("^*", 2, "a position cannot be repeated"),
        (r"\b+", 3, "a position cannot be repeated"),
        ("a{", 2, "expected {n}, {n,} or {n,m}; a brace itself is `\\{`"),
        ("a{,3}", 2, "expected {n}, {n,} or {n,m}; a brace itself is `\\{`"),
        ("a{x}", 2, "expected {n}, {n,} or {n,m}; a brace itself is `\\{`"),
        ("a{1,2", 2, "expected {n}, {n,} or {n,m}; a brace itself is `\\{`"),
        ("a{3,2}", 2, "a repetition of at least 3 and at most 2 times"),
        ("a{1001}", 2, "at most 1000 repetitions are possible"),
        ("a{99999999999999999999}", 2, "at most 1000 repetitions are possible"),
        ("{1}", 1, "nothing to repeat before `{`"),
        ("a\\", 2, "a backslash at the end"),
        ("[\\", 2, "a backslash at the end"),
        (r"\q", 1, r"`\q` means nothing"),
        (r"(a)\1", 4, "what a group matched cannot be matched again: there are no back references"),
        (r"\x4", 1, r"expected hexadecimal digits: \xHH, \uHHHH or \u{H}"),
        (r"\u{}", 1, r"expected hexadecimal digits: \xHH, \uHHHH or \u{H}"),
        (r"\u{110000}", 1, "there is no such character"),
        (r"\ud800", 1, "there is no such character"),
        ("(" * 201, 201, "groups are nested more than 200 levels deep"),
    ],
)
def test_refused(running: pvm.Instance, pattern: str, column: int, reason: str) -> None:
    wanted = f"RegexError: column {column} of the pattern: {reason}"
    assert failure(lambda: running.call("setPattern", pattern, "")) == wanted


def test_pattern_that_is_too_large(running: pvm.Instance) -> None:
    wanted = "RegexError: the pattern is too large: its repetitions make more than 20000 steps"
    for pattern in ("(a{1000}){1000}", "((((a{9}){9}){9}){9}){9}"):
        assert failure(lambda: running.call("setPattern", pattern, "")) == wanted  # noqa: B023 (called at once)


def test_replace(running: pvm.Instance) -> None:
    running.call("setPattern", r"(?<name>\w+)@(\w+)(\.com)?", "")
    text = "to bob@here.com, é@x!"
    assert running.call("replace", text, "<$2:${name}>") == "to <here:bob>, <x:é>!"
    assert running.call("replace", text, "$0$0$$$3") == "to bob@here.combob@here.com$.com, é@xé@x$!"
    assert running.call("replace", text, "${2}1") == "to here1, x1!"
    assert running.call("replace", text, "-") == "to -, -!"
    for by in ("$4", "$name", "${nobody}", "$", "${1", "$-1"):
        assert failure(lambda: running.call("replace", text, by)).startswith("ArgumentError: the pattern has no group")  # noqa: B023 (called at once)
    running.call("setPattern", "", "")
    assert running.call("replace", "aé", "-") == "-a-é-"


def test_split(running: pvm.Instance) -> None:
    running.call("setPattern", r"\s*,\s*", "")
    for text in ("", "a", "a , b,c", ",a,", ",,"):
        assert json.loads(running.call("split", text, 0)) == re.split(r"\s*,\s*", text)
        assert json.loads(running.call("split", text, 2)) == re.split(r"\s*,\s*", text, maxsplit=1)
    running.call("setPattern", "", "")
    assert json.loads(running.call("split", "aé", 0)) == ["", "a", "é", ""]


def test_escape(running: pvm.Instance) -> None:
    text = r"a.b[c]{d}(e)*+?^$|\n é-"
    running.call("setPattern", running.call("escape", text), "")
    assert running.call("matches", text)
    assert not running.call("matches", text.replace(".", "x"))


def test_start(running: pvm.Instance) -> None:
    running.call("setPattern", "^a|b", "")
    assert running.call("find", "ab", 1) == "1,2"
    assert running.call("find", "aa", 1) == "none"
    assert failure(lambda: running.call("find", "a", 2)) == "IndexError: index 2 is outside of 1 bytes"


@pytest.mark.parametrize(
    "pattern", ["(a*)*b", "(a|a)*b", "(a|aa)+$b", "(?:a?){20}a{20}b", "(.*)(.*)(.*)b", "(((a*)*)*)*b"]
)
def test_no_pattern_is_slow(running: pvm.Instance, pattern: str) -> None:
    running.call("setPattern", pattern, "")
    assert growth(running, "work", 200) < 2.3


def test_finding_all_is_linear(running: pvm.Instance) -> None:
    running.call("setPattern", r"\w+", "")
    assert growth(running, "workFindAll", 100) < 2.3
