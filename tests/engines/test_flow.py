"""Random control flow gives the same as a loop over blocks, structured or dispatched, in values, fuel and memory."""

from __future__ import annotations

import random

import pytest

from pvm.engines.reference import translator
from pvm.errors import Exhaustion
from tests.engines.running import call, start

FUEL = 3000


def random_program(seed: int) -> tuple[str, list[tuple[int, str, tuple[int, ...]]]]:
    """A function of blocks that mix a local and branch, and the same as data."""
    rng = random.Random(seed)
    count = rng.randint(2, 12)
    blocks: list[tuple[int, str, tuple[int, ...]]] = []
    near = rng.random() < 0.7
    for number in range(count):
        kind = rng.choice(("jump", "branch", "branch", "branch", "switch", "return", "next"))
        if number == count - 1 and kind in {"branch", "next"}:
            kind = "return"

        def pick(at: int = number) -> int:
            if near:
                return max(0, min(count - 1, at + rng.randint(-2, 3)))
            return rng.randrange(count)

        targets = tuple(pick() for _ in range({"jump": 1, "branch": 1, "switch": rng.randint(1, 4)}.get(kind, 0)))
        blocks.append((rng.randrange(1000), kind, targets))
    lines = ["func run(i64, i64) -> i64 {"]
    for number, (factor, kind, targets) in enumerate(blocks):
        lines.append(f"@b{number}:")
        lines += [
            "local.get 0", "i64.const 31", "i64.mul", f"i64.const {factor}", "i64.add", "local.set 0",
            "local.get 1", "i64.const 1", "i64.add", "local.set 1",
        ]  # fmt: skip
        if kind == "jump":
            lines.append(f"jump @b{targets[0]}")
        elif kind == "branch":
            lines += ["local.get 0", "i64.const 64", "i64.and", "i32.wrap_i64", f"branch.if @b{targets[0]}"]
        elif kind == "switch":
            lines += ["local.get 0", "i64.const 5", "i64.shr_s", "i32.wrap_i64", "i32.const 7", "i32.and"]
            lines.append("switch " + " ".join(f"@b{target}" for target in targets))
        elif kind == "return":
            lines += ["local.get 0", "local.get 1", "i64.add", "return"]
    lines.append("}")
    return "\n".join(lines), blocks


def wrap(value: int) -> int:
    return ((value + (1 << 63)) & ((1 << 64) - 1)) - (1 << 63)


LENGTH = {"jump": 1, "branch": 5, "switch": 7, "return": 4, "next": 0}


def interpret(blocks: list[tuple[int, str, tuple[int, ...]]], value: int) -> tuple[str, int]:
    """What the program gives, and the fuel that it takes."""
    used = steps = number = 0
    while True:
        factor, kind, targets = blocks[number]
        used += 10 + LENGTH[kind]
        if used > FUEL:
            return "out of fuel", FUEL
        value = wrap(value * 31 + factor)
        steps += 1
        if kind == "return":
            return str(wrap(value + steps)), used
        if kind == "jump":
            number = targets[0]
        elif kind == "branch":
            number = targets[0] if value & 64 else number + 1
        elif kind == "switch":
            number = targets[min(value >> 5 & 7, len(targets) - 1)]
        else:
            number += 1


def outcome(engine: str, text: str, value: int) -> tuple[str, int]:
    instance = start(engine, text, fuel=FUEL)
    try:
        result = str(call(instance, "run", value, 0))
    except Exhaustion:
        result = "out of fuel"
    return result, instance.statistics().fuel_used


def test_random_graphs(engine: str, fuzz_factor: int, fuzz_seed: int) -> None:
    for seed in range(fuzz_seed, fuzz_seed + 150 * fuzz_factor):
        text, blocks = random_program(seed)
        for value in (0, 5, -77):
            assert outcome(engine, text, value) == interpret(blocks, value), f"seed {seed}\n{text}"


def test_random_graphs_dispatched(monkeypatch: pytest.MonkeyPatch, fuzz_factor: int, fuzz_seed: int) -> None:
    monkeypatch.setattr(translator, "place", lambda _: None)
    for seed in range(fuzz_seed, fuzz_seed + 150 * fuzz_factor):
        text, blocks = random_program(seed)
        assert outcome("reference", text, -77) == interpret(blocks, -77), f"seed {seed}\n{text}"
