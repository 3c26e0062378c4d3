"""The LALR tables of `pebble.lark`: made by lark, flattened, cached.

lark is imported only when the tables are not in the cache.  Its action table is
turned into one dictionary per state, from token kind to a number: shift to that
state, or reduce by rule ``~number``.  Plain dictionaries can be kept by
`marshal` and are what the parser's loop is fast on.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from compiler.records import structural
from compiler.syntax import cache

if TYPE_CHECKING:
    from lark import Lark

FORMAT = "tables 1"
END = "$END"

# What a production without an action of its own does; anything else is a method of the builder.
_BUILT_IN = ("pass", "list_one", "list_more", "list_none", "list_append", "first", "second", "nothing", "finish_chain")
PASS, LIST_ONE, LIST_MORE, LIST_NONE, LIST_APPEND, FIRST, SECOND, NOTHING, FINISH_CHAIN = range(len(_BUILT_IN))
CALL = len(_BUILT_IN)

# Grammar names of tokens that are spelt otherwise by the scanner.
_RENAMED = {"INTERPOLATION": "${", "INTERPOLATION_END": "}$"}


@structural
class Rule:
    """A production: its left side, its length, and what a reduction by it does."""

    left: str
    length: int
    operation: int
    action: str


@structural
class Tables:
    """What the parser is driven by."""

    actions: list[dict[str, int]]
    gotos: list[dict[str, int]]
    rules: list[Rule]
    start: int
    end: int


def grammar_text() -> str:
    """Return the grammar as it is installed."""
    return Path(__file__).with_name("pebble.lark").read_text(encoding="utf-8")


def load_tables() -> Tables:
    """Return the tables of the grammar, from the cache if they are there."""
    grammar = grammar_text()
    key = cache.key_of(FORMAT, _lark_version(), grammar)
    data = cache.load("tables", key)
    if data is None:
        data = build(grammar)
        cache.store("tables", key, data)
    return _from_data(data)


def _lark_version() -> bytes:
    """Return what identifies lark, without loading it: the file that states its version."""
    spec = find_spec("lark")
    return b"" if spec is None or spec.origin is None else Path(spec.origin).read_bytes()


def _from_data(data: Any) -> Tables:
    actions, gotos, rules, start, end = data
    return Tables(actions, gotos, [Rule(*rule) for rule in rules], start, end)


def make_lark(grammar: str) -> Lark:
    """Return lark's own parser for ``grammar``, which expects tokens from outside."""
    from lark import Lark
    from lark.lexer import Lexer, Token

    class NoLexer(Lexer):
        """Stands where lark wants a lexer: the scanner makes the tokens."""

        def __init__(self, lexer_conf: object) -> None:
            """Ignore the configuration, which describes lark's terminals."""

        def lex(self, data: Any, *_state: object) -> Iterator[Token]:
            return iter(data)

    return Lark(grammar, parser="lalr", lexer=NoLexer, maybe_placeholders=False, keep_all_tokens=True)


def build(grammar: str) -> tuple[object, ...]:
    """Compute the tables of ``grammar`` with lark, as plain data."""
    from lark.grammar import Rule as LarkRule
    from lark.lexer import TerminalDef

    data, memo = cast("Any", make_lark(grammar).memo_serialize([TerminalDef, LarkRule]))
    table = data["parser"]["parser"]
    spelling = {
        entry["name"]: entry["pattern"]["value"]
        for entry in memo.values()
        if entry["__type__"] == "TerminalDef" and entry["pattern"] is not None
    } | _RENAMED
    rule_numbers: dict[int, int] = {}
    rules: list[tuple[str, int, int, str]] = []
    for number, entry in memo.items():
        if entry["__type__"] == "Rule":
            rule_numbers[number] = len(rules)
            rules.append(_rule(entry))
    nonterminals = {rule[0] for rule in rules}
    actions: list[dict[str, int]] = [{} for _ in table["states"]]
    gotos: list[dict[str, int]] = [{} for _ in table["states"]]
    for state, row in table["states"].items():
        for token, (is_reduction, argument) in row.items():
            name = table["tokens"][token]
            if name in nonterminals:
                gotos[state][name] = argument
            else:
                target = ~rule_numbers[argument["@"]] if is_reduction else argument
                actions[state][spelling.get(name, name)] = target
    return actions, gotos, rules, table["start_states"]["start"], table["end_states"]["start"]


def _rule(entry: dict[str, Any]) -> tuple[str, int, int, str]:
    length = len(entry["expansion"])
    alias = entry["alias"]
    if alias is None:
        assert length == 1 or entry["origin"]["name"] == "$root", f"{entry['origin']['name']} needs an alias"
        alias = "pass"
    operation = _BUILT_IN.index(alias) if alias in _BUILT_IN else CALL
    return entry["origin"]["name"], length, operation, alias
