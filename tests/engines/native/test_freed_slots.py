"""What the translator says is of no use behind an instruction: nothing reads it there, on any way through the code.

A sequence does not store such a value, so whoever read it would get what the slot held before: an object of any class.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from bench.suite import PROGRAMS
from pvm import Module
from pvm.engines.native.code import buffer
from pvm.engines.native.code.operations import OPERATIONS, WORD, Kind
from pvm.engines.native.code.sequences import combine
from pvm.engines.native.code.translator import Translator
from pvm.engines.native.linkage import Linkage
from pvm.pbc.asm import assemble
from pvm.pbc.model import Module as Tables
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule
from tests.fuzz.compiled import generate_compiled
from tests.fuzz.generators import generate_module
from tests.lang.program import compiled

ATTACKS = sorted((Path(__file__).parent / "attacks").glob("*.pasm"))
BENCHMARKS = sorted(path for path in (PROGRAMS / "pebble").glob("*.peb") if path.stem != "harness")
DRAWN = 12
_ENDS = frozenset({"return", "throw", "unreachable", "tail"})


class Step(NamedTuple):
    """An instruction: slots that it reads and writes, and where what is executed behind it begins."""

    name: str
    reads: set[int]
    writes: set[int]
    following: list[int]


def step(code: bytes, at: int) -> Step:
    """The instruction at a position of code without sequences."""

    def number(offset: int, kind: Kind) -> int:
        return int.from_bytes(code[offset : offset + kind.size], "little", signed=kind.signed)

    operation = OPERATIONS[number(at, Kind.HALF)]
    name, end = operation.name, at + operation.size
    values = {field.name: number(at + field.offset, field.kind) for field in operation.fields}
    reads = {values[field.name] for field in operation.fields if field.kind is Kind.SLOT}
    writes = {values[field.name] for field in operation.fields if field.kind is Kind.RESULT}
    family = name.partition(".")[0]
    if name.endswith(".many") or family in {"hypercall", "tail"}:
        count = values["count"]
        after = end + (count // 4 + 1) * WORD
        reads |= {number(at, Kind.SLOT) for at in range(end, end + 2 * count, 2)}
        return Step(name, reads, {number(after - 2, Kind.RESULT)}, [] if family == "tail" else [after])
    if family == "switch":
        entries = range(end, end + values["count"] * WORD, WORD)
        return Step(name, reads, writes, [at + number(entry, Kind.DISTANCE) for entry in entries])
    following = [] if family in _ENDS or family == "jump" else [end]
    if "target" in values:
        following.append(at + values["target"])
    if family == "loop":
        following += [end + values["skipped"], end + values["test_at"]]
    return Step(name, reads, writes, following)


def needed_behind(steps: Mapping[int, Step]) -> dict[int, set[int]]:
    """The slots that something reads behind each instruction before they are written."""
    before: dict[int, set[int]] = {at: set() for at in steps}
    changed = True
    while changed:
        changed = False
        for at, (_, reads, writes, following) in sorted(steps.items(), reverse=True):
            needed = set().union(*(before[each] for each in following)) - writes | reads
            changed = changed or needed != before[at]
            before[at] = needed
    return {at: set().union(*(before[to] for to in each.following)) for at, each in steps.items()}


def used_later(code: bytes, starts: Iterable[int], freed: Mapping[int, Collection[int]]) -> list[tuple[int, str, int]]:
    """What is said to be of no use, and is: where, behind what, in which slot."""
    steps = {at: step(code, at) for at in starts}
    behind = needed_behind(steps)
    return [
        (at, steps[at].name, slot)
        for at, slots in freed.items()
        for slot in slots
        if slot in behind[at] - steps[at].writes
    ]


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch) -> Callable[[VerifiedModule], None]:
    """Translates a module and looks at what was said of its slots."""
    found: list[tuple[int, str, int]] = []
    freed_slots = 0

    def look(code: bytearray, starts: list[int], freed: Mapping[int, Collection[int]]) -> None:
        nonlocal freed_slots
        freed_slots += sum(map(len, freed.values()))
        found.extend(used_later(bytes(code), starts, freed))
        combine(code, starts, freed)

    def translate(module: VerifiedModule) -> None:
        linkage = Linkage(module)
        for function in module.functions:
            Translator(linkage, function.index).translate()
        assert freed_slots
        assert found == []

    monkeypatch.setattr(buffer, "combine", look)
    return translate


@pytest.mark.parametrize("path", [*ATTACKS, *BENCHMARKS], ids=lambda path: path.stem)
def test_nothing_reads_what_is_of_no_use(path: Path, check: Callable[[VerifiedModule], None]) -> None:
    check(Module(assemble(path.read_text())).verified if path.suffix == ".pasm" else compiled(path).verified)


@pytest.mark.parametrize("generate", [generate_module, generate_compiled])
def test_nothing_reads_what_is_of_no_use_in_drawn_modules(
    generate: Callable[[Random], Tables], check: Callable[[VerifiedModule], None]
) -> None:
    for seed in range(DRAWN):
        check(verify(generate(Random(seed))))
