"""What one run of a program compiled, the next one has at its start; whatever is wrong costs speed only."""

from __future__ import annotations

from pathlib import Path

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import program as programs
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit import kept
from pvm.engines.native.jit.promotion import Promotion

SOURCE = """
class Point(var x: Int, let y: Int)
@export fun sum(n: Int) -> Int { var s = 0
    for i in 0..<n { s += step(i, s) & 7 }
    return s }
fun step(i: Int, s: Int) -> Int { let p = Point(i, s)
    p.x += 1
    return p.x ^ p.y }
@export fun other(n: Int) -> Int { var s = 0
    for i in 0..<n { s += i }
    return s }
fun main() {}
"""
DATA = pvm.Module(compile_source(SOURCE, name="warm.peb")).to_bytes()


pytestmark = pytest.mark.usefixtures("own_cache")


def next_run(*compiled: str) -> tuple[dict[int, int], int, int]:
    """What another process would do, in this one: what was compiled at its start, and two results; compiles more."""
    programs._PROGRAMS.clear()
    module = pvm.Module.from_bytes(DATA)
    with pvm.Instance(module, tier="jit") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        at_start = dict(machine.program.promotion.compiled) if machine.program.promotion else {}
        names = [function.name for function in machine.program.module.functions]
        promotion: Promotion = machine.program.promoted(machine._code)
        promotion.compile_now([names.index(name) for name in compiled])
        return at_start, instance.call("sum", 1000), instance.call("other", 1000)


RESULTS = (3535, 499_500)


def entries(folder: Path) -> list[Path]:
    return sorted(folder.glob("hot-*"))


def test_the_next_run_has_what_was_compiled(own_cache: Path) -> None:
    first, *results = next_run("sum", "step")
    assert first == {}
    expected = next_run()[1:]
    assert tuple(results) == expected
    assert len(entries(own_cache)) == 1
    second, *results = next_run("other")
    assert len(second) == 2
    assert tuple(results) == expected
    third, *results = next_run()
    assert len(third) == 3
    assert tuple(results) == expected


def test_code_that_is_not_translated_yet_is_installed_too(own_cache: Path) -> None:
    expected = next_run("sum", "step")[1:]
    for entry in own_cache.glob("linked-*"):
        entry.unlink()
    at_start, *results = next_run()
    assert len(at_start) == 2
    assert tuple(results) == expected


@pytest.mark.parametrize("place", [0, 8, 80, 100, 700, -1])
def test_damage_is_noticed(own_cache: Path, place: int) -> None:
    expected = next_run("sum")[1:]
    (entry,) = entries(own_cache)
    data = bytearray(entry.read_bytes())
    data[place] ^= 1
    entry.write_bytes(data)
    at_start, *results = next_run("sum")
    assert at_start == {}
    assert tuple(results) == expected
    assert len(next_run()[0]) == 1


def test_an_entry_that_ends_early_is_none(own_cache: Path) -> None:
    next_run("sum")
    (entry,) = entries(own_cache)
    entry.write_bytes(entry.read_bytes()[:-100])
    assert next_run()[0] == {}


def test_another_interpreter_has_another_entry(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next_run("sum")
    monkeypatch.setattr(programs, "interpreter_key", lambda: "of another processor")
    assert next_run()[0] == {}
    monkeypatch.setattr(programs, "interpreter_key", lambda: None)
    assert next_run()[0] == {}


def test_what_two_processes_keep_is_joined(own_cache: Path) -> None:
    next_run("sum", "other")
    (entry,) = entries(own_cache)
    key = entry.name.removeprefix("hot-")
    first, second = kept.load_hot(key).functions.items()
    entry.unlink()
    kept.store_hot(key, dict([first]), {second[0]: 7, 100: 8})
    assert kept.load_hot(key) == kept.Kept(dict([first]), {second[0]: 7, 100: 8})
    kept.store_hot(key, dict([second]), {first[0]: 1, 101: 9})
    assert kept.load_hot(key) == kept.Kept(dict([first, second]), {100: 8, 101: 9})


def test_the_hottest_are_kept_if_there_is_no_room_for_all(own_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    next_run("sum", "step", "other")
    (entry,) = entries(own_cache)
    key = entry.name.removeprefix("hot-")
    found = kept.load_hot(key).functions
    entry.unlink()
    hottest = {function: hot._replace(heat=100 * function) for function, hot in found.items()}
    last = max(hottest)
    monkeypatch.setattr(kept, "MAX_BYTES", len(hottest[last].blob.data))
    kept.store_hot(key, hottest, {})
    assert list(kept.load_hot(key).functions) == [last]


def test_what_was_translated_before_is_compiled_before_it_is_entered() -> None:
    module = pvm.Module.from_bytes(DATA)
    with pvm.Instance(module, tier="interpreter") as instance:
        instance.call("sum", 10)
    with debugging(Debug(eager=True, speed=0)):
        at_start, *_ = next_run()
    assert len(at_start) == 2
