"""Mutated programs: only ever diagnostics, each inside the text, whatever is done to it."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from compiler.diagnostics import Diagnostics, render_all
from compiler.syntax import parse
from compiler.syntax.depth import all_nodes
from compiler.syntax.source import SourceFile

HERE = Path(__file__).parent
SAMPLES = [HERE.joinpath(name).read_text(encoding="utf-8") for name in ("tour.peb", "every_node.peb")]
SIGNS = "( ) [ ] { } < > , . : ; = => -> + - * ! !! ? ?. ?: .. ..< | & && ${ @ # $ ` ' /* */ // ///"
WORDS = "let var fun class enum match if else while for in is as try catch return import init test get set do x Int"
PIECES = [
    *SIGNS.split(),
    *WORDS.split(),
    "1",
    "2.5",
    "'c'",
    '"s"',
    'r"',
    '"',
    '"""',
    "\n",
    "\t",
    "\\",
    "\0",
    "\u202e",
    "é",
]


def check(text: str) -> None:
    source, diagnostics = SourceFile("test.peb", text), Diagnostics()
    module = parse(source, diagnostics)
    for item in diagnostics.sorted():
        assert 0 <= item.span.start <= item.span.end <= len(text)
    for node in all_nodes(module):
        assert 0 <= node.span.start <= node.span.end <= len(text)
    render_all(diagnostics, limit=5)


def mutate(text: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text) + 1)
        end = min(len(text), at + chance.choice((1, 1, 2, 5, 20, 200)))
        kind = chance.randrange(5)
        if kind == 0:
            text = text[:at] + text[end:]
        elif kind == 1:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + chance.choice(PIECES) + text[end:]
        elif kind == 3:
            text = text[:at] + text[at:end] * 2 + text[end:]
        else:
            other = chance.randrange(len(text) + 1)
            text = text[:other] + text[at:end] + text[other:]
    return text


def test_mutated_samples(fuzz_factor: int, fuzz_seed: int) -> None:
    for seed in range(fuzz_seed, fuzz_seed + 500 * fuzz_factor):
        chance = random.Random(seed)
        text = mutate(SAMPLES[seed % 2], chance)
        try:
            check(text)
        except Exception:
            print(f"seed {seed}")
            raise


def test_every_prefix_of_the_tour() -> None:
    for end in range(0, len(SAMPLES[0]), 7):
        check(SAMPLES[0][:end])


@given(st.lists(st.sampled_from(PIECES), max_size=40))
def test_soups_of_tokens(pieces: list[str]) -> None:
    check(" ".join(pieces))


@given(st.text(max_size=80))
def test_any_text(text: str) -> None:
    check(text)
