"""Whatever goes wrong with compilations costs speed only, and statistics say what it was."""

from __future__ import annotations

import sys
from errno import ENOMEM
from pathlib import Path
from typing import NoReturn

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.interpreter.loading import code_region
from pvm.engines.native.jit import background as background_module
from pvm.engines.native.jit import promotion as promotion_module
from pvm.engines.native.jit.background import MAX_FAILURES, Background, background
from pvm.engines.native.jit.build import encode_argument, function_ir
from pvm.engines.native.jit.installed import COUNTS, encode_notes
from pvm.engines.native.jit.kept import HotFunction, Kept
from pvm.engines.native.jit.promotion import GENERATOR, HOT, CompilationFailed, Promotion
from pvm.engines.native.llvm.compilation import compile_blob, compile_object
from pvm.engines.native.machine_code.linking import OutsideReference, link
from pvm.engines.native.machine_code.request import Limits
from pvm.engines.native.machine_code.target import X86_64_V3

GENERATORS = "tests.engines.native.failing_generators"
FUNCTIONS = 12
SOURCE = "\n".join(f"@export fun f{number}(n: Int) -> Int = n * {number}" for number in range(FUNCTIONS))
MODULE = pvm.Module(compile_source(f"{SOURCE}\nfun main() {{}}", name="failures.peb"))


pytestmark = pytest.mark.usefixtures("own_worker")


@pytest.fixture(autouse=True)
def generators(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker finds those that fail."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[3]))


def heat(promotion: Promotion, function: int) -> None:
    for _ in range(HOT):
        promotion.sample([function])


@pytest.mark.parametrize(
    ("generator", "reason"),
    [
        ("killed", "the worker ended, status -9"),
        ("hung", "the worker takes too long"),
        ("devoured", "MemoryError"),
        ("refused", "ValueError: no code for this one"),
        ("missing", "AttributeError"),
    ],
)
def test_the_program_goes_on(generator: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = 2.0 if generator == "hung" else 120.0
    monkeypatch.setattr(background_module, "LIMITS", Limits(memory=1 << 30, seconds=seconds))
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        monkeypatch.setattr(promotion_module, "GENERATOR", f"{GENERATORS}:{generator}")
        heat(promotion, 3)
        background().wait()
        assert instance.call("f3", 7) == 21
        compilation = instance.statistics.compilation
        assert compilation is not None
        assert compilation.functions == 0
        assert list(compilation.failed) == ["f3"]
        assert compilation.failed["f3"].startswith(reason)
        monkeypatch.setattr(promotion_module, "GENERATOR", GENERATOR)
        promotion.compile_now([4])
        assert [instance.call("f3", 7), instance.call("f4", 7)] == [21, 28]
        background().close()


def test_after_some_failures_in_a_row_no_more_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion_module, "GENERATOR", f"{GENERATORS}:refused")
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        for function in range(FUNCTIONS):
            heat(promotion, function)
        background().wait()
        compilation = instance.statistics.compilation
        assert compilation is not None
        assert len(compilation.failed) == MAX_FAILURES
        assert compilation.waiting == FUNCTIONS - MAX_FAILURES
        background().close()


def test_no_worker_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nonexistent/python")
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        heat(promotion, 2)
        background().wait()
        assert instance.call("f2", 7) == 14
        assert promotion.failures[2].startswith("the worker cannot be reached")


@pytest.mark.parametrize("attribute", ["frozen", "executable"])
def test_no_worker_is_started_where_that_would_start_the_application_again(
    attribute: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, attribute, attribute == "frozen", raising=False)
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        heat(promotion, 2)
        background().wait()
        assert instance.call("f2", 7) == 14
        assert promotion.failures[2] == "there is no Python for a worker in this application"


def test_nothing_is_asked_of_a_thread_that_was_closed() -> None:
    made = Background()
    made.close()
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        made.ask(promotion)
        assert promotion.compiled == {}


def test_code_for_another_translation_is_not_installed() -> None:
    """It would leave for places in internal code that are others here."""
    with pvm.Instance(MODULE, tier="jit") as instance:
        assert instance.call("f5", 7) == 35
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        promotion.compile_now([5], keep=False)
        blob = promotion._blobs[5]
        other = machine.program.translate(5).translation._replace(entry=8)
        blob = blob._replace(notes=encode_notes({5: tuple(other)}, ()))
        with pytest.raises(CompilationFailed, match="another translation of function 5"):
            promotion.install(5, blob)


def test_a_program_has_so_much_machine_code_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        promotion.compile_now([7], keep=False)
        monkeypatch.setattr(promotion_module, "MAX_CODE", promotion.compiled[7] + 1)
        with pytest.raises(CompilationFailed, match="no room for its code"):
            promotion.compile_now([8], keep=False)
        assert [instance.call("f7", 3), instance.call("f8", 3)] == [21, 24]


def test_kept_code_that_finds_no_room_costs_speed_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> NoReturn:
        raise OSError(ENOMEM, "no memory")

    with pvm.Instance(MODULE, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        promotion = machine.program.promoted(machine._code)
        promotion.compile_now([6], keep=False)
        kept = Kept({6: HotFunction(9, promotion._blobs[6])}, {})
        del promotion.compiled[6]
        monkeypatch.setattr(code_region(), "load", full)
        promotion.install_kept(kept)
        assert promotion.failures[6].endswith("no memory")
        assert instance.call("f6", 7) == 42


def test_loop_that_becomes_a_division_of_128_bits_is_compiled_as_a_loop() -> None:
    """LLVM computes how often this one goes round, by a function of its library that nobody links."""
    source = """@export fun f(n: Int, a: Array<Int>, b: Array<Int>) -> Int {
        var i = n
        var k = 32
        while i <= n {
            b[k] = n
            a[i] = b[i] &+ 1
            i = i &+ 1048577
            k = k &- 1
        }
        return i &+ a[n] &+ b[32] }
        fun main() {}"""
    module = pvm.Module(compile_source(source, name="division.peb"))
    names = [each.name for each in module.verified.module.functions]
    ir = function_ir(X86_64_V3, encode_argument(module.to_bytes(), names.index("f"), COUNTS))
    with pytest.raises(OutsideReference, match="__udivti3"):
        link(compile_object(ir, X86_64_V3), X86_64_V3.page)
    assert compile_blob(ir, X86_64_V3).symbols
