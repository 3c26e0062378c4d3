"""The tables and their driver agree with lark's own parser, and the cache gives back what it was given."""

from __future__ import annotations

from pathlib import Path

import pytest
from lark import Token, UnexpectedInput

from compiler.diagnostics import Diagnostics
from compiler.syntax import cache, tables
from compiler.syntax.layout import lay_out
from compiler.syntax.scanner import scan
from compiler.syntax.source import SourceFile
from compiler.syntax.tables import make_lark
from compiler.syntax.tokens import KEYWORDS

SAMPLE = Path(__file__).with_name("every_node.peb").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def private_cache(own_cache: Path) -> Path:
    return own_cache


def lark_tokens(text: str) -> list[Token]:
    source, diagnostics = SourceFile("test.peb", text), Diagnostics()
    kinds = lay_out(source, scan(source, diagnostics), diagnostics).kinds
    spelt = {"${": "INTERPOLATION", "}$": "INTERPOLATION_END"}
    names = {item.pattern.value: item.name for item in make_lark(tables.grammar_text()).terminals if item.pattern}
    return [Token(spelt.get(kind) or names.get(kind, kind), "") for kind in kinds]


def test_lark_accepts_what_the_driver_accepts() -> None:
    make_lark(tables.grammar_text()).parse(iter(lark_tokens(SAMPLE)))


def test_lark_refuses_what_the_driver_refuses() -> None:
    with pytest.raises(UnexpectedInput):
        make_lark(tables.grammar_text()).parse(iter(lark_tokens("let x = = 1")))


def test_only_the_two_known_conflicts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="lark")
    tables.build(tables.grammar_text())
    conflicts = sorted(record.message for record in caplog.records if "Shift/Reduce" in record.message)
    assert conflicts == [
        "Shift/Reduce conflict for terminal COMMA: (resolving as shift)",
        "Shift/Reduce conflict for terminal IF: (resolving as shift)",
    ]


def test_every_token_kind_of_the_grammar_is_made_somewhere() -> None:
    kinds = {kind for row in tables.load_tables().actions for kind in row}
    assert kinds >= KEYWORDS
    assert not {kind for kind in kinds if kind.startswith("__")}


def test_tables_come_back_from_the_cache(private_cache: Path) -> None:
    first = tables.load_tables()
    (entry,) = private_cache.iterdir()
    stamp = entry.stat().st_mtime_ns
    assert tables.load_tables() == first
    assert entry.stat().st_mtime_ns == stamp


def test_another_grammar_has_another_key() -> None:
    assert cache.key_of("tables", "a") != cache.key_of("tables", "b")
    assert cache.key_of("ab", "c") != cache.key_of("a", "bc")


@pytest.mark.parametrize(
    "damage",
    [
        lambda _data: b"",
        lambda data: data[:-1],
        lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
        lambda data: b"X" + data[1:],
        lambda data: data + b"more",
    ],
)
def test_damaged_entries_are_ignored_and_written_anew(private_cache: Path, damage: object) -> None:
    cache.store("x", "key", {"a": [1, 2.5, None, "b"]})
    (entry,) = private_cache.iterdir()
    good = entry.read_bytes()
    entry.write_bytes(damage(good))
    assert cache.load("x", "key") is None
    cache.store("x", "key", {"a": 1})
    assert cache.load("x", "key") == {"a": 1}


def test_an_entry_under_another_key_is_ignored(private_cache: Path) -> None:
    cache.store("x", "one", 1)
    (private_cache / "x-one").rename(private_cache / "x-two")
    assert cache.load("x", "two") is None


def test_the_directory_is_private(private_cache: Path) -> None:
    cache.store("x", "key", 1)
    assert private_cache.stat().st_mode & 0o777 == 0o700


def test_a_directory_open_to_others_is_not_used(private_cache: Path) -> None:
    cache.store("x", "key", 1)
    private_cache.chmod(0o755)
    assert cache.load("x", "key") is None
    cache.store("x", "other", 1)
    assert [path.name for path in private_cache.iterdir()] == ["x-key"]


def test_no_directory_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PVM_CACHE_DIR", str(tmp_path / "file" / "below"))
    cache.store("x", "key", 1)
    assert cache.load("x", "key") is None
