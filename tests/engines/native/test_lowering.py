"""Instruction semantics, lowered to LLVM IR and compiled, give what the hand-written vectors say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pvm.engines.native.llvm.lowering import float_text
from pvm.engines.native.llvm.text import FunctionText, ModuleText, quoted

ROOT = Path(__file__).parents[3]


def differences(program: str, *arguments: int) -> tuple[int, str, str]:
    """What a process says that compares native code with what is right."""
    child = subprocess.run(
        [sys.executable, "-m", f"tests.engines.native.{program}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    return child.returncode, child.stdout, child.stderr


def test_vectors() -> None:
    assert differences("vector_functions") == (0, "", "")


def test_numbers_agree_with_the_reference_engine(fuzz_seed: int, fuzz_factor: int) -> None:
    assert differences("number_campaign", fuzz_seed, 300 * fuzz_factor) == (0, "", "")


def test_fields_elements_and_barriers() -> None:
    assert differences("heap_functions") == (0, "", "")


def test_equal_pure_instructions_are_one_value() -> None:
    text = FunctionText(ModuleText())
    first = text.pure("add i32 %a, %b")
    assert text.pure("add i32 %a, %b") == first
    text.branch_away("%flag", "cold")
    assert text.pure("add i32 %a, %b") == first
    text.block("elsewhere")
    assert text.pure("add i32 %a, %b") != first


def test_values_of_cold_blocks_are_not_known_behind_them() -> None:
    text = FunctionText(ModuleText())
    with text.cold("cold"):
        inside = text.pure("add i32 %a, %b")
        text.jump("on")
    assert text.pure("add i32 %a, %b") != inside
    assert text.finish().splitlines() == [
        "entry:",
        "%v2 = add i32 %a, %b",
        "cold:",
        "%v1 = add i32 %a, %b",
        "br label %on",
    ]


def test_symbols_are_quoted() -> None:
    assert quoted("llvm.ctpop.i64") == "@llvm.ctpop.i64"
    assert quoted('image.List<Int>.add"\\\n') == '@"image.List<Int>.add\\22\\5C\\0A"'
    assert quoted("größe") == '@"gr\\C3\\B6\\C3\\9Fe"'


def test_floats_are_exact() -> None:
    assert float_text(-0.0) == "0x8000000000000000"
    assert float_text(float("nan")) == float_text(-float("nan")) == "0x7FF8000000000000"
