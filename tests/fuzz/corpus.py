"""What mutators start from: generated modules, hand-written assembly, and sources."""

from __future__ import annotations

from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from random import Random

from pvm.errors import AssemblyError
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module
from pvm.pbc.writer import write_module
from tests.fuzz.generators import generate_module

ROOT = Path(__file__).resolve().parents[2]
GENERATED = 192
"""Generated modules in the pool."""
LARGEST = 12_000
"""Bytes of the largest module in the pool: small ones make more rounds."""


@lru_cache(maxsize=1)
def _assembled() -> tuple[tuple[str, Module], ...]:
    """Text and module of each assembly file of the test suite that is a whole module."""
    found = []
    for path in sorted((ROOT / "tests").rglob("*.pasm")):
        text = path.read_text(encoding="utf-8")
        if len(text) < LARGEST:
            with suppress(AssemblyError):  # some hold a part of a module, some are wrong on purpose
                found.append((text, assemble(text, path.stem)))
    return tuple(found)


def assembly() -> tuple[str, ...]:
    """Texts of the assembly files."""
    return tuple(text for text, _ in _assembled())


def written_modules() -> tuple[Module, ...]:
    """The assembly files as modules."""
    return tuple(module for _, module in _assembled())


@lru_cache(maxsize=2 * GENERATED)
def generated_module(number: int) -> Module:
    return generate_module(Random(f"pool {number}"))


def pool_size() -> int:
    return GENERATED + len(written_modules())


def pool_module(number: int) -> Module:
    """A module of the pool."""
    return generated_module(number) if number < GENERATED else written_modules()[number - GENERATED]


@lru_cache(maxsize=4 * GENERATED)
def pool_bytes(number: int) -> bytes:
    """A module of the pool as a file."""
    return write_module(pool_module(number))


@lru_cache(maxsize=1)
def sources() -> tuple[str, ...]:
    """Texts of the Pebble files of the project; programs that say what they print count three times."""
    found: list[str] = []
    for folder, weight in (("samples", 3), ("tests/lang", 3), ("tests", 1), ("stdlib", 1)):
        for path in sorted((ROOT / folder).rglob("*.peb")):
            text = path.read_text(encoding="utf-8", errors="replace")
            if len(text) < LARGEST:
                found += [text] * weight
    return tuple(found)
