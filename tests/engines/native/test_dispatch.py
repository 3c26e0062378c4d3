"""Machine code of the interpreter's handlers: common ones as golden text, all of them by rule.

LLVM decides this, so a new version of it may need `--bless`; what it writes is to be read, not only accepted.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from pvm.engines.native.interpreter.module import define_interpreter
from pvm.engines.native.llvm.text import ModuleText
from pvm.engines.native.machine_code.target import AARCH64, X86_64_V2, X86_64_V3, Target
from tests.engines.native.listings import functions, selected

GOLDEN = Path(__file__).parent / "golden"
COMMON = (
    "op.move.prim",
    "op.constant.small",
    "op.i64.add",
    "op.i64.add.k",
    "op.i32.add_checked_s",
    "op.i64.mul_checked_s",
    "op.i64.div_s",
    "op.if.i64.lt_s",
    "op.unless.i32.eq.k",
    "op.jump",
    "op.f64.mul",
    "op.field.get.i64",
    "op.field.get.ref",
    "op.array.get.i64",
    "op.array.set.f64",
    "op.field.set.ref",
    "op.object.allocate",
    "op.ref.as_non_null",
    "op.if.ref.is_null",
    "op.i64.rem_s.power",
    "op.object.make.pp",
    "op.loop.add.lt_s",
    "op.field.get.ref >0 array.get.i64",
    "op.field.get.ref >0 array.get.ref >0 ref.cast.interval",
    "op.i64.add_checked_s.k >1 object.make.pp",
    "op.array.set.ref ~0/1 loop.add.lt_s",
)
INDIRECT = {"x86_64": r"jmpq \*", "aarch64": r"br x"}
STACK = {"x86_64": r"pushq|popq|%[re]sp\b|\bcall", "aarch64": r"\bsp\b|\bbl\b|\bblr\b"}
ALWAYS_CALL = re.compile(r"op\.(runtime\..*|task\..*|tail\..*|array\.(copy|fill)\..*|string\.const)")
"""Handlers whose purpose is a call of the runtime image or of the C library."""
TARGETS = (X86_64_V3, X86_64_V2, AARCH64)


@cache
def code(target: Target, names: tuple[str, ...] | None = None) -> dict[str, list[str]]:
    module = ModuleText()
    define_interpreter(module)
    return functions(selected(module, names, target), target)


@pytest.mark.parametrize("target", [X86_64_V3, AARCH64], ids=lambda target: target.architecture)
def test_common_handlers(target: Target, bless: bool) -> None:
    found = code(target, tuple(COMMON))
    text = "".join(f"{name}:\n" + "".join(f"    {line}\n" for line in found[name]) for name in COMMON)
    path = GOLDEN / f"handlers.{target.architecture}.txt"
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.cpu)
def test_common_handlers_use_no_stack(target: Target) -> None:
    found = code(target, tuple(COMMON))
    wrong = {
        name: line
        for name in COMMON
        for line in until_left(found[name], target)
        if re.search(STACK[target.architecture], line)
    }
    assert wrong == {}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.cpu)
def test_common_handlers_end_in_an_indirect_jump(target: Target) -> None:
    found = code(target, tuple(COMMON))
    wrong = {
        name: found[name]
        for name in COMMON
        if not any(re.match(INDIRECT[target.architecture], line) for line in found[name])
    }
    assert wrong == {}


@pytest.mark.parametrize("target", [X86_64_V3, AARCH64], ids=lambda target: target.architecture)
def test_no_handler_uses_the_stack_before_it_is_cold(target: Target) -> None:
    found = {name: lines for name, lines in code(target).items() if name.startswith("op.")}
    assert len(found) > 400
    wrong = {
        name: line
        for name, lines in found.items()
        for line in until_left(lines, target)
        if re.search(STACK[target.architecture], line) and not ALWAYS_CALL.fullmatch(name)
    }
    assert wrong == {}


def until_left(lines: list[str], target: Target) -> list[str]:
    """Instructions up to the first jump to another handler: cold code is behind."""
    end = next((at for at, line in enumerate(lines) if re.match(INDIRECT[target.architecture], line)), len(lines))
    return lines[:end]
