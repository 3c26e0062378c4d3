"""The native engine shows what the reference engine shows: output, traps and their places, fuel.

However it runs: interpreted or compiled, collecting all the time, or moving to another address while it runs.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

import pvm
from tests.engines.agreement import COMPILED_MODES, Shown, debug_for, run, tier_of
from tests.lang.program import LIMITS, compiled, expected, programs

ROOT = Path(__file__).parents[2]
PROGRAMS = programs(ROOT / "tests/lang")
STRIDE = {"plain": 5, "stress": 16, "suspend": 16, "both": 16} | dict.fromkeys(COMPILED_MODES, 24)
"""Every so many programs, if the tests are not to be longer."""
SEE_COLLECTIONS = {"out_of_memory", "weak_references"}
"""Programs that see when something is collected, and go on in another way: their fuel differs."""
SAMPLES = {
    "hello": ((), ""),
    "json_pretty": ((), '{"a": [1, 2.5, {"b": "\\u00e9\\n"}], "c": null}'),
    "json_query": (("-c", ".[].x"), '[{"x": 1}, {"x": [true, "two"]}]'),
    "lisp": ((), "(define (f n) (if (< n 2) n (+ (f (- n 1)) (f (- n 2))))) (f 9)"),
    "nbody": (("40",), ""),
    "maze": (("7",), "wwaa\nq\n"),
    "sudoku": ((), "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"),
    "markdown": ((), "# Title\n\nSome *text* and `code`.\n\n* one\n* two\n"),
    "pipeline": (("3",), "one two three\nfour\n"),
    "wordcount": ((), "the cat and the other cat\n"),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.function is not test_program:
        return
    factor = metafunc.config.getoption("--fuzz-factor")
    chosen = [(path, mode) for mode in STRIDE for path in PROGRAMS[:: max(STRIDE[mode] // factor, 1)]]
    names = [f"{path.parent.name}/{path.stem}-{mode}" for path, mode in chosen]
    metafunc.parametrize(("path", "mode"), chosen, ids=names)


@cache
def by_reference(path: Path) -> Shown:
    """What the reference engine shows, found once."""
    wanted = expected(path.read_text(encoding="utf-8"))
    return run(compiled(path), "reference", stdin=wanted.stdin, arguments=wanted.arguments, limits=LIMITS)


def without_fuel(path: Path, shown: Shown) -> Shown:
    return shown._replace(fuel=0) if path.stem in SEE_COLLECTIONS else shown


def test_program(path: Path, mode: str) -> None:
    wanted, first = expected(path.read_text(encoding="utf-8")), by_reference(path)
    shown = run(
        compiled(path),
        tier_of(mode),
        stdin=wanted.stdin,
        arguments=wanted.arguments,
        limits=LIMITS,
        debug=debug_for(mode, first.fuel),
    )
    assert without_fuel(path, shown) == without_fuel(path, first)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample(name: str) -> None:
    arguments, stdin = SAMPLES[name]
    module = pvm.compile(ROOT / "samples" / f"{name}.peb")
    first = run(module, "reference", stdin=stdin, arguments=arguments)
    for mode in ("plain", "both", "jit plain", "jit both", "jit loops"):
        shown = run(module, tier_of(mode), stdin=stdin, arguments=arguments, debug=debug_for(mode, first.fuel))
        assert shown == first, mode
